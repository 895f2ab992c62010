/** Stands in for react-devtools-core, which Ink loads only when DEV is set and which no user of a mail gateway needs. */
export default { initialize() {}, connectToDevTools() {} };
