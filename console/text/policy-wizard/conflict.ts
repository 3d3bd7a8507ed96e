/** Somebody else saved the same policy meanwhile. */
export const conflict = {
  title: (by: string) => `${by} changed this policy while you worked on it; yours is not saved yet`,
  theirs: 'What changed meanwhile:',
  mine: 'What you changed:',
  both: (members: readonly string[]) =>
    `Both of you changed: ${members.join(', ')}. What you typed there stays.`,
  merge: 'Take over what I did not change',
  keepMine: 'Replace it by mine',
  merged: 'Their changes are in. Look through it, and save again.',
  mineKept: 'Saving now replaces their changes.',
} as const
