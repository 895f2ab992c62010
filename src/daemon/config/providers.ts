/** What the providers of access tokens want to be asked, and where. Read in their documentation on 2026-11-25; each can be set otherwise. */
import type { ValuesOf } from './key.ts';
import type { oauth2Keys } from './sections/oauth2.ts';

export interface ProviderAddresses {
  readonly signInBy: 'device' | 'browser';
  /** Null where the provider's are not known here and none is given. */
  readonly deviceEndpoint: string | null;
  readonly authorizationEndpoint: string | null;
  readonly tokenEndpoint: string | null;
  /** By what the token is for; empty: none is sent. */
  readonly scopes: { readonly pop3: string; readonly smtp: string };
}

type Values = ValuesOf<typeof oauth2Keys>;

/** What is given, and for the rest what the provider is known to have. Pure. */
export function addressesOf(values: Values): ProviderAddresses {
  const known = knownOf(values);
  const { signInBy, scope } = values;
  return {
    signInBy: signInBy === 'auto' ? known.signInBy : signInBy,
    deviceEndpoint: values.deviceEndpoint ?? known.deviceEndpoint,
    authorizationEndpoint: values.authorizationEndpoint ?? known.authorizationEndpoint,
    tokenEndpoint: values.tokenEndpoint ?? known.tokenEndpoint,
    scopes: scope === null ? known.scopes : { pop3: scope, smtp: scope },
  };
}

function knownOf({ provider, tenant }: Values): ProviderAddresses {
  switch (provider) {
    case 'microsoft':
      return {
        signInBy: 'device',
        deviceEndpoint: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/devicecode`,
        authorizationEndpoint: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/authorize`,
        tokenEndpoint: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
        // Without offline_access there is no refresh token, and the sign-in ends with the hour.
        scopes: {
          pop3: 'https://outlook.office.com/POP.AccessAsUser.All offline_access',
          smtp: 'https://outlook.office.com/SMTP.Send offline_access',
        },
      };
    case 'google':
      return {
        // The scope of a mailbox is "restricted": the device endpoint answers "invalid_scope" to it (googleapis/oauth2client #88).
        signInBy: 'browser',
        deviceEndpoint: 'https://oauth2.googleapis.com/device/code',
        authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
        tokenEndpoint: 'https://oauth2.googleapis.com/token',
        scopes: { pop3: 'https://mail.google.com/', smtp: 'https://mail.google.com/' },
      };
    case 'other':
      return {
        signInBy: 'device',
        deviceEndpoint: null,
        authorizationEndpoint: null,
        tokenEndpoint: null,
        scopes: { pop3: '', smtp: '' },
      };
  }
}
