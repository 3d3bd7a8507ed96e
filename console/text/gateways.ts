export const gateways = {
  title: 'Gateways',
  description:
    'The programs beside your pools that read, encrypt and restore. They call; nobody calls them. How much they may send and read, and when, is set at each (docs/operations.md).',
  name: 'Name',
  pools: 'Pools',
  noPool: 'None reached yet',
  health: 'Health',
  healthy: 'Well',
  unhealthy: 'Look at it',
  notTold: 'Not told',
  keySince: 'Key made',
  newKeyAsked: 'Asked for a new one',
  rotateKey: 'Have it make a new key',
  keyAsked: (name: string) =>
    `${name} makes a new key when it calls next; its jobs go on. If somebody else may have its key, revoke the gateway instead: whoever has it could make the next key theirs.`,
  lastSeen: 'Last call',
  neverSeen: 'Never called',
  enrolled: 'Enrolled',
  work: 'Work on the repository',
  does: 'Does it',
  doesNot: 'Does none',
  actions: 'Actions',
  actionsFor: (name: string) => `Actions for ${name}`,
  enrol: 'Enrol a gateway',
  rename: 'Rename',
  let: 'Let it work on the repository',
  letNot: 'Let it work on the repository no more',
  revoke: 'Revoke',
  empty: 'No gateway is enrolled',
  emptyAdvice: 'Enrol one beside each pool: it is what reads and restores.',
  code: {
    title: 'Enrol a gateway',
    once: 'This code is good for one gateway, and is shown this once.',
    until: 'It works until',
    where:
      'On the gateway, write it into the file "enrolment-code" of the folder "gateway" in its data directory (mode 0600), and start the gateway.',
    copy: 'Copy the code',
    copied: 'Copied',
    notCopied: 'It could not be copied',
  },
  renaming: {
    title: (name: string) => `Rename ${name}`,
    label: 'New name',
    action: 'Rename',
    done: (name: string) => `The gateway is called ${name} now.`,
  },
  revoking: {
    title: (name: string) => `Revoke ${name}`,
    what: 'Each further call of this gateway is refused at once; its jobs go to another gateway of the pool, and fail where there is none. Only a new enrolment brings it back. Storage credentials of its own, and a repository in a directory, have to be changed at their place.',
    action: 'Revoke',
    done: (name: string, jobs: number) =>
      jobs === 0
        ? `${name} is revoked. It held no job.`
        : `${name} is revoked. ${jobs === 1 ? 'One job was' : `${jobs} jobs were`} taken from it.`,
  },
} as const
