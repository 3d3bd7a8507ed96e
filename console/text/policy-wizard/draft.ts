/** What was typed and not saved. */
export const draft = {
  title: 'What you typed is still here',
  what: (name: string, time: string) =>
    name === ''
      ? `A policy without a name yet, changed last at ${time}, is not saved.`
      : `"${name}", changed last at ${time}, is not saved.`,
  where:
    'It is kept in this tab of the browser alone, until you save or cancel it, sign out or close the tab.',
  goOn: 'Continue',
  anew: 'Start anew',
} as const
