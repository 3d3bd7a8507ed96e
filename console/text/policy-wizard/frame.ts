/** What stands around every step of the wizard for policies. */
export const wizard = {
  create: 'Create a policy',
  edit: 'Save the policy',
  loading: 'Loading the policy …',
  copyOf: (name: string) => `Copy of ${name}`,
  created: (name: string) => `The policy ${name} is there.`,
  saved: (name: string) => `The policy ${name} is saved.`,
  correct: (fields: number) =>
    fields === 1
      ? 'One thing has to be corrected here.'
      : `${fields} things have to be corrected here.`,
  correctElsewhere: (steps: readonly string[]) =>
    `Something has to be corrected in: ${steps.join(', ')}.`,
  notSaved: 'The policy was not saved; what you typed is still here',
  steps: {
    what: {
      title: 'Which virtual machines',
      description: 'They are looked for anew at each run: a VM that appears and fits is backed up.',
    },
    how: { title: 'How', description: 'How they are brought to rest, and what is left out.' },
    when: { title: 'When', description: 'When it runs by itself.' },
    keep: {
      title: 'How long',
      description: 'How long points are kept, and whether they are locked.',
    },
    tell: { title: 'Who hears of it', description: 'Beside those who hear of everything.' },
    summary: { title: 'Summary', description: 'Nothing is saved before you say so.' },
  },
  labels: {
    stepNumber: (n: number) => `Step ${n}`,
    collapsed: (n: number, of: number) => `Step ${n} of ${of}`,
    skipTo: (title: string) => `Go to ${title}`,
    label: 'Steps',
    cancel: 'Cancel',
    previous: 'Back',
    next: 'Next',
    optional: 'preset',
    failed: 'Has to be corrected',
  },
} as const
