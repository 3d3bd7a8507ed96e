import type { SiteProblem, SiteStage } from '#core/contracts/site-graph.ts'
import type { Certainty } from '#core/contracts/site-proposal.ts'
import type { RestorePhase } from '#core/contracts/site-restore-plan.ts'
import type { SiteRestoreView, SiteStepState } from '#core/contracts/site-restores-api.ts'
import type { SiteRole } from '#core/contracts/site-roles.ts'

const many = (n: number, one: string, more = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : more}`

const roles = {
  ddc: 'Delivery Controller',
  sql: 'SQL Server',
  license: 'Licence server',
  dc: 'Domain controller',
  storefront: 'StoreFront',
  pvs: 'Citrix Provisioning',
  'master-image': 'Master image',
  template: 'Template',
  dedicated: 'Dedicated desktop',
  pooled: 'Pooled desktop',
  'pool-metadata': 'Pool metadata',
  'host-metadata': 'Host metadata',
  custom: 'Custom',
} satisfies Record<SiteRole, string>

/** Words of the list of sites, and of what several of its pages say. */
export const sites = {
  title: 'Sites',
  description:
    'XenDesktop sites: all that belongs together is backed up by one policy, makes one site point, and comes back by one plan.',
  define: 'Define a site',
  name: 'Site',
  parts: 'Parts',
  partCount: (n: number) => many(n, 'part'),
  newest: 'Newest site point',
  none: 'There is none yet',
  complete: 'Complete',
  partial: 'Partial',
  policies: 'Backed up by',
  noPolicy: 'No policy backs it up',
  lastRun: 'Last run',
  noRun: 'None yet',
  showRun: 'Show the run',
  empty: 'No site is defined',
  emptyAdvice:
    'A site says which servers, images, desktops and pools belong together. What pools and guests tell makes a first proposal.',
  roles,
  skew: (text: string) => `Its members are ${text} apart`,
  members: (n: number) => many(n, 'member'),
} as const

export const sitePage = {
  loading: 'Loading the site …',
  failed: 'This site could not be loaded',
  stale: 'What is shown may be old: the last look failed.',
  backUp: 'Back up now',
  chooseRun: 'Which policy?',
  started: (policy: string) => `A run of the policy "${policy}" is started.`,
  watch: 'Watch it',
  edit: 'Change the definition',
  delete: 'Delete the definition',
  deleteTitle: (name: string) => `Delete the site "${name}"`,
  deleteWarning:
    'Its definition goes. Its site points and the recovery points that they name stay; policies that take it find nothing of it any more.',
  protect: 'Create a policy',
  health: 'How it stands',
  planning: 'Looking what a run would do now …',
  planFailed: 'What a run would do could not be found out',
  problems: 'What is wrong',
  noProblems: 'Nothing is known to be wrong with it.',
  levels: { error: 'Wrong', warning: 'Look at it', note: 'To know' } satisfies Record<
    SiteProblem['level'],
    string
  >,
  picture: 'What a run does now, in its order',
  pictureHint: 'From left to right. A line tells what waits for what.',
  pictureOf: (stages: string) =>
    `The parts of the site in the order in which they are saved. ${stages}`,
  pictureStage: (stage: string, nodes: string) => `${stage}: ${nodes || 'nothing'}.`,
  stages: {
    logical: 'Exports and databases',
    state: 'What servers keep',
    machines: 'Machines',
    pools: 'Pools and hosts',
  } satisfies Record<SiteStage, string>,
  manyOf: (n: number, role: SiteRole) => `${many(n, roles[role])}`,
  tasks: (n: number) => many(n, 'task'),
  taskList: 'Each task, and why so',
  moreTasks: (n: number) => `The first ${n.toLocaleString('en')} are shown.`,
  skips: 'What is left out',
  noSkips: 'Nothing is left out.',
  gap: 'Should have been saved',
  meant: 'As it is meant to be',
  points: 'Site points',
  taken: 'Taken',
  state: 'State',
  locked: 'Lock',
  noPoints: 'There is no site point yet',
  noPointsAdvice: 'Each run of a policy that takes the site makes one.',
  restores: 'Restores of sites',
  noRestores: 'No site was restored yet',
  noRestoresAdvice: 'A restore begins from a site point and goes on step by step.',
  begun: 'Begun',
  of: 'Site',
  goesOn: 'How it goes on',
} as const

export const sitePoint = {
  title: (name: string) => `Site point of ${name}`,
  loading: 'Loading the site point …',
  failed: 'This site point could not be loaded',
  stale: 'What is shown may be old: the last look failed.',
  facts: 'Facts',
  taken: 'Taken',
  state: 'State',
  skew: 'Oldest and newest member',
  apart: (text: string) => `${text} apart`,
  oneMember: 'It has less than two members with a point',
  lock: 'Lock',
  reasons: 'Why it is partial',
  notes: 'What else is to know',
  members: 'Members',
  member: 'What it is of',
  point: 'Recovery point',
  consistency: 'Consistency',
  missing: 'Has no point',
  plan: 'How the site comes back from it',
  planHint: 'Steps in an order in which they can be done one after the other.',
  planLoading: 'Loading the plan …',
  planFailed: 'The plan could not be loaded',
  step: 'Step',
  automatic: 'XenKeep',
  manual: 'A person',
  restore: 'Bring the site back',
  restoreTitle: 'Bring the site back step by step',
  restoreText:
    'The plan is taken over, and each step waits until you start it or say that it is done. Nothing is restored by this alone.',
  restoreDone: 'The restore is prepared: nothing was done yet.',
  empty: 'Nothing',
  emptyAdvice: 'This site point names nothing.',
} as const

export const siteRecall = {
  title: 'It can be read in the repository',
  text: 'The catalog was lost since this site point was made. A gateway has the keys of the repository and reads there what belongs together and how the site comes back. Nothing is restored by it.',
  read: 'Have a gateway read it',
  started: 'A gateway reads the plan in the repository. This page shows it as soon as it is here.',
} as const

export const siteRestore = {
  title: (name: string) => `Restore of ${name}`,
  loading: 'Loading the restore …',
  failed: 'This restore could not be loaded',
  stale: 'What is shown may be old: the last look failed.',
  facts: 'Facts',
  site: 'Site',
  point: 'Site point',
  startedBy: 'Begun',
  by: (who: string) => `by ${who}`,
  steps: 'Steps',
  stepsDone: (done: number, all: number) =>
    `${done.toLocaleString('en')} of ${many(all, 'step')} done or left out`,
  notes: 'To know before the first step',
  states: {
    open: 'Not begun',
    waiting: 'Waits for approval',
    running: 'Under way',
    'action-required': 'Waits for a person',
    done: 'Done',
    failed: 'Failed',
    skipped: 'Left out',
  } satisfies Record<SiteStepState, string>,
  restoreStates: { open: 'Under way', done: 'Done', ended: 'Ended' } satisfies Record<
    SiteRestoreView['state'],
    string
  >,
  phases: {
    prepare: 'Before anything',
    pools: 'Pools',
    directory: 'Directory',
    network: 'Names and addresses',
    databases: 'Databases',
    licences: 'Licences',
    controllers: 'Delivery Controllers',
    storefront: 'StoreFront',
    services: 'Other services',
    images: 'Master images',
    catalogs: 'Catalogs',
    desktops: 'Desktops',
    finish: 'At the end',
  } satisfies Record<RestorePhase, string>,
  waitsFor: (steps: string) => `Waits for ${steps}`,
  step: (n: number) => `step ${n}`,
  showRun: 'Show its run',
  does: 'What is done',
  happened: 'What happened',
  commands: {
    start: 'Start',
    confirm: 'It is done',
    skip: 'Leave out',
    again: 'Open again',
  },
  titles: {
    start: (step: string) => `Start: ${step}`,
    confirm: (step: string) => `It is done: ${step}`,
    skip: (step: string) => `Leave out: ${step}`,
    again: (step: string) => `Open again: ${step}`,
  },
  told: {
    start: 'The step is started.',
    confirm: 'The step is done.',
    skip: 'The step is left out.',
    again: 'The step is open again.',
  },
  goesOn: 'It goes on with the rest of this step.',
  because: 'Why',
  becauseHint: 'It is kept with the restore and in the audit records.',
  confirms: 'I confirm this',
  dangers: 'What can go wrong for good',
  end: 'End this restore',
  endTitle: 'End this restore',
  endText: 'No step of it is begun any more. What runs goes on; what was restored stays.',
  ended: 'The restore is ended.',
  more: (n: number) =>
    `The first ${n.toLocaleString('en')} steps are shown; the command line tells all.`,
} as const

export const defineSite = {
  title: 'Define a site',
  editTitle: (name: string) => `Change ${name}`,
  definition: 'Definition',
  hint: 'As a file (YAML): which parts there are, and what each is. docs/xendesktop.md explains it.',
  save: 'Save the site',
  done: (name: string) => `The site "${name}" is saved.`,
  preview: 'What a run of it would do now',
  looking: 'Looking what pools and guests tell of a site …',
  notFound: 'What pools and guests tell could not be read',
  found: 'A first proposal, made of what pools and guests tell. Read it before you save it.',
  nothingFound: 'Nothing that belongs to a site was found',
  lines: 'Why each line is there, in their order',
  notes: 'What else is to know',
  certainties: {
    authoritative: 'a controller says so',
    certain: 'certain',
    strong: 'very likely',
    heuristic: 'looks like it',
    weak: 'a guess by the name',
  } satisfies Record<Certainty, string>,
  example: `kind: xendesktop-site
name: 
components:
  - role: ddc
    target:
      vm: 
`,
  needs: 'The preview comes when the definition can be read.',
  unreadable: (why: string) => `It cannot be read: ${why}`,
  loading: 'Loading the definition …',
  failed: 'The definition could not be loaded',
} as const
