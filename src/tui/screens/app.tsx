/** Draws the frame and hands on the keys: all that is React. What is drawn is decided in `view/`, what a key does in `keyboard`. */
import { Box, Text, useApp, useCursor, useInput, usePaste } from 'ink';
import { memo, useEffect, useSyncExternalStore } from 'react';
import type { Keyboard } from '../keyboard.ts';
import type { Store } from '../store/store.ts';
import { drawFrame } from '../view/frame.ts';
import { paint } from '../view/paint.ts';

export type Suspension = { resume: () => Promise<void> };
/** Gives the terminal back to the shell until `resume`. */
export type Suspend = () => Promise<Suspension>;

export type AppProps = {
  store: Store;
  keyboard: Keyboard;
  /** Called once, with the way to lend the terminal out. */
  onReady: (suspend: Suspend) => void;
};

/** A row is one text, padded and coloured before React sees it; an unchanged row is not even compared cell by cell. */
const Line = memo(function Line({ text }: { text: string }) {
  return <Text wrap="truncate">{text}</Text>;
});

export function App({ store, keyboard, onReady }: AppProps) {
  const shown = useSyncExternalStore(store.subscribe, store.drawn);
  const { suspendTerminal } = useApp();
  const { setCursorPosition } = useCursor();
  useInput((input, key) => keyboard.key(input, key));
  usePaste((text) => keyboard.paste(text));
  useEffect(() => onReady(suspendTerminal), [onReady, suspendTerminal]);

  const { rows, cursor } = drawFrame(shown);
  setCursorPosition(cursor ?? undefined);
  return (
    <Box flexDirection="column" width={shown.size.columns} height={rows.length}>
      {rows.map((row, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a row of the screen is its number
        <Line key={index} text={paint(row, shown.look)} />
      ))}
    </Box>
  );
}
