/** Words of the guide for whoever is here for the first time. */
export const firstSteps = {
  title: 'First steps',
  description: 'From an unprotected virtual machine to one that has come back.',
  hide: 'Hide the first steps',
  done: 'Done',
  open: 'To do',
  steps: {
    connect: {
      title: 'Connect a pool',
      text: 'A gateway beside the pool finds its virtual machines. Enrol one, and they appear here.',
      go: 'Gateways',
    },
    protect: {
      title: 'Protect virtual machines by a policy',
      text: 'It says which ones, when, and how long their recovery points are kept. Only a name and the virtual machines have to be chosen.',
      go: 'Create a policy',
    },
    backUp: {
      title: 'See a backup succeed',
      text: 'Policies run at their times. "Run now" on the page of a policy, or "Back up now" on that of a virtual machine, does not wait for that.',
      go: 'Policies',
    },
    restore: {
      title: 'Restore one, before you need it',
      text: 'As a new virtual machine beside the old one: nothing is overwritten, and what was written is compared with the recovery point.',
      go: 'Restore',
    },
  },
} as const
