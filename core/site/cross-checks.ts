import type { SiteDefinition } from '../contracts/site.ts'
import type { SiteProblem } from '../contracts/site-graph.ts'
import type { SiteDatabase, SiteGuest } from '../contracts/site-guest.ts'
import type { SiteRole } from '../contracts/site-roles.ts'
import { contentOf } from './classify.ts'
import { clip, type Draft, type SiteInventory } from './known.ts'
import { shortHost } from './targets.ts'
import { byText, countOfRole, namesOf, quoted } from './words.ts'

interface Checked {
  site: SiteDefinition
  inventory: SiteInventory
  guests: readonly SiteGuest[]
  drafts: readonly Draft[]
  /** UUIDs of VMs that some line takes, whether they are saved or not. */
  spokenOf: ReadonlySet<string>
}

/** What does not fit together, or is forgotten, as far as controllers and the inventory tell. */
export const crossChecks = (checked: Checked): SiteProblem[] =>
  [
    ...differentDatabases(checked.guests),
    ...uncoveredDatabases(checked),
    ...forgottenMachines(checked),
    ...forgottenImages(checked),
    ...absentRoles(checked.site),
  ].map(problem => ({ ...problem, text: clip(problem.text) }))

const DATABASES = { site: 'site', logging: 'logging', monitoring: 'monitoring' } as const

const controllersOf = (guests: readonly SiteGuest[]) =>
  guests
    .flatMap(({ name, controller }) => (controller ? [{ name, controller }] : []))
    .sort((a, b) => byText(a.name, b.name))

/** Servers may be told with an instance, a port, a domain: `tcp:SQL01.corp.example\XD,1433`. Capitals make no difference. */
const folded = ({ server, database }: SiteDatabase): string =>
  `${server.toLowerCase().replace(/^tcp:/, '')}/${database.toLowerCase()}`

/** Two controllers of one site that name different databases: one of them was forgotten when the database moved. */
const differentDatabases = (guests: readonly SiteGuest[]): SiteProblem[] =>
  (Object.keys(DATABASES) as (keyof typeof DATABASES)[]).flatMap(kind => {
    const told = controllersOf(guests).flatMap(({ name, controller }) => {
      const database = controller.databases[kind]
      return database ? [{ name, site: controller.site?.toLowerCase(), database }] : []
    })
    // Of two sites in one definition each may have its own.
    return [...Map.groupBy(told, ({ site }) => site ?? '').values()].flatMap(ofSite => {
      const [first, ...others] = ofSite
      const other = others.find(one => first && folded(one.database) !== folded(first.database))
      if (!first || !other) return []
      return [
        {
          ...{ code: 'SITE_DATABASES_DIFFER', level: 'error' as const },
          text: `${quoted(first.name)} uses the ${DATABASES[kind]} database ${quoted(first.database.database)} on ${quoted(first.database.server)}, and ${quoted(other.name)} uses ${quoted(other.database.database)} on ${quoted(other.database.server)}: one of them does not work with the site, and a backup of only one database may be the wrong one.`,
          advice:
            'Compare Get-BrokerDBConnection, Get-LogDataStore and Get-MonitorDataStore on each controller and set them alike; protect both databases until then.',
        },
      ]
    })
  })

const uncoveredDatabases = ({ guests, drafts }: Checked): SiteProblem[] => {
  const names = new Set(
    drafts.flatMap(draft =>
      !draft.roles.includes('sql')
        ? []
        : draft.kind === 'vm'
          ? [shortHost(draft.vmName)]
          : draft.kind === 'component'
            ? [shortHost(draft.guestName), ...hostParameters(draft.parameters)]
            : [],
    ),
  )
  const seen = new Map<
    string,
    { server: string; database: string; kind: string; controller: string }
  >()
  for (const { name, controller } of controllersOf(guests))
    for (const kind of Object.keys(DATABASES) as (keyof typeof DATABASES)[]) {
      const database = controller.databases[kind]
      if (database && !names.has(shortHost(database.server)))
        seen.set(folded(database), { ...database, kind, controller: name })
    }
  return [...seen]
    .sort(([a], [b]) => byText(a, b))
    .map(([, { server, database, kind, controller }]) => ({
      ...{ code: 'SITE_DATABASE_NOT_COVERED', level: 'warning' as const },
      text: `The controller ${quoted(controller)} keeps the ${kind} database ${quoted(database)} on ${quoted(server)}, and no line of the role "sql" saves a machine of that name.`,
      advice:
        'Add a line of the role "sql" for that server, by a recipe where an agent is there. If a line saves it under another name, or somebody else backs it up, this can stay.',
    }))
}

const hostParameters = (parameters: Readonly<Record<string, unknown>> = {}): string[] =>
  Object.values(parameters).flatMap(value =>
    typeof value === 'string' && value.length < 300 ? [shortHost(value)] : [],
  )

/** Machines that keep their content, and that no line speaks of. */
const forgottenMachines = ({ guests, inventory, spokenOf }: Checked): SiteProblem[] => {
  const catalogs = new Map(
    controllersOf(guests).flatMap(({ controller }) =>
      controller.catalogs.map(catalog => [catalog.name, catalog] as const),
    ),
  )
  if (catalogs.size === 0) return []
  const names = new Map(inventory.vms.map(({ uuid, name }) => [uuid, name]))
  return [...catalogs.values()]
    .sort((a, b) => byText(a.name, b.name))
    .flatMap(catalog => {
      if (contentOf(catalog) === 'discarded') return []
      const forgotten = catalog.machines.filter(uuid => names.has(uuid) && !spokenOf.has(uuid))
      if (forgotten.length === 0) return []
      const told = forgotten.map(uuid => names.get(uuid) ?? '').sort(byText)
      return [
        {
          ...{ code: 'SITE_DESKTOPS_NOT_COVERED', level: 'warning' as const },
          text: `${countOfRole(forgotten.length, 'dedicated')} of the catalog ${quoted(catalog.name)} ${forgotten.length === 1 ? 'keeps' : 'keep'} what users change, and no line takes ${forgotten.length === 1 ? 'it' : 'them'}: ${namesOf(told)}.`,
          advice: `Add a line of the role "dedicated" with the target "vms: { catalogs: [${quoted(catalog.name)}] }".`,
        },
      ]
    })
}

/** Images that catalogs are made of, and that no line speaks of. */
const forgottenImages = ({ guests, inventory, spokenOf }: Checked): SiteProblem[] => {
  const wanted = new Map<string, string>()
  for (const { controller } of controllersOf(guests))
    for (const { name, masterImage } of controller.catalogs)
      if (masterImage) wanted.set(masterImage.vm, name)
  return [...wanted]
    .sort(([a], [b]) => byText(a, b))
    .flatMap(([image, catalog]) => {
      const found = [...inventory.vms, ...inventory.templates].filter(
        ({ uuid, name }) => uuid === image.toLowerCase() || name === image,
      )
      if (found.some(({ uuid }) => spokenOf.has(uuid))) return []
      return [
        {
          ...{ code: 'SITE_IMAGE_NOT_COVERED', level: 'warning' as const },
          text:
            found.length > 0
              ? `The catalog ${quoted(catalog)} is made of ${quoted(image)}, and no line saves that VM: without it no pooled desktop can be made anew.`
              : `The catalog ${quoted(catalog)} is made of ${quoted(image)}, and no pool has such a VM: no pooled desktop of it can be made anew.`,
          advice:
            found.length > 0
              ? 'Add a line of the role "master-image" for it.'
              : 'If the image was renamed or deleted, give the catalog another one in Citrix Studio.',
        },
      ]
    })
}

/** Roles that nearly every site has, and what is lost where nobody saves them. */
const EXPECTED: readonly [SiteRole, SiteProblem['level'], string][] = [
  [
    'sql',
    'warning',
    'the site database holds catalogs, delivery groups, policies and which machine is whose',
  ],
  ['ddc', 'warning', 'without a controller nobody gets a desktop'],
  ['dc', 'note', 'machines and users of the site are accounts of the directory'],
  ['license', 'note', 'without a licence server no session begins once the grace period is over'],
  ['storefront', 'note', 'users reach their desktops through its stores'],
  ['master-image', 'note', 'pooled desktops are made of it'],
  ['pool-metadata', 'note', 'it tells networks, storage and which VM has which disks'],
]

const absentRoles = ({ components }: SiteDefinition): SiteProblem[] =>
  EXPECTED.flatMap(([role, level, why]) =>
    components.some(component => component.role === role)
      ? []
      : [
          {
            ...{ code: 'SITE_ROLE_ABSENT', level },
            text: `No line of the definition has the role "${role}": ${why}.`,
            advice:
              'Add a line for it; if it is protected elsewhere, write one with "protect: false" that says so.',
          },
        ],
  )
