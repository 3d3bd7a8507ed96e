import { ControllerFacts, DirectoryFacts, type MachineCatalog } from '../contracts/site-guest.ts'

/** What a probe found, by the names that its recipe gives. */
type Facts = Readonly<Record<string, unknown>>

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap(one => text(one) ?? [])

/**
 * What a Delivery Controller says of its site, of the facts that the recipe `cvad-site` finds.
 * @returns `undefined` where they say nothing of a site
 */
export const controllerFacts = (facts: Facts): ControllerFacts | undefined => {
  const site = text(facts.siteName)
  if (site === undefined) return undefined
  const parsed = ControllerFacts.safeParse({
    site,
    version: text(facts.controllerVersion),
    databases: {
      site: database(facts.siteDatabase),
      logging: database(facts.loggingDatabase),
      monitoring: database(facts.monitoringDatabase),
    },
    licenseServer: text(facts.licenceServer),
    controllers: texts(facts.controllers).slice(0, 100),
    catalogs: catalogsOf(texts(facts.machines), aboutCatalogs(texts(facts.catalogs))),
  })
  return parsed.success ? parsed.data : undefined
}

/** A connection string of SQL Server (SqlConnection.ConnectionString): pairs behind semicolons, names in any case. */
const database = (value: unknown): { server: string; database: string } | undefined => {
  const pairs = new Map(
    (text(value) ?? '').split(';').flatMap(pair => {
      const [name = '', ...rest] = pair.split('=')
      const of = rest.join('=').trim()
      return of === '' ? [] : [[name.trim().toLowerCase(), of] as const]
    }),
  )
  const server = pairs.get('server') ?? pairs.get('data source')
  const name = pairs.get('initial catalog') ?? pairs.get('database')
  return server === undefined || name === undefined ? undefined : { server, database: name }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Lines `HostedMachineId|ProvisioningType|AllocationType|PersistUserChanges|MachineName|CatalogName`. Where an older recipe did not tell the catalog, machines that are
 * provisioned alike are told together.
 */
const catalogsOf = (
  lines: readonly string[],
  about: ReadonlyMap<string, AboutCatalog>,
): MachineCatalog[] => {
  const machines = lines.flatMap(line => {
    const [uuid = '', provisioning = '', allocation = '', persist = '', , ...name] = line.split('|')
    const id = uuid.trim().toLowerCase()
    return UUID.test(id) && provisioning !== ''
      ? [{ id, provisioning, allocation, persist, catalog: name.join('|').trim() }]
      : []
  })
  const alike = Map.groupBy(machines, ({ provisioning, allocation, persist, catalog }) =>
    catalog === ''
      ? `catalogs of the kind ${provisioning}, ${allocation}, ${persist}`
      : catalog.slice(0, 500),
  )
  return [...alike].flatMap(([name, of]): MachineCatalog[] => {
    const { provisioning, allocation, persist } = of[0] ?? {}
    if (!isOneOf(PROVISIONING, provisioning)) return []
    return [
      {
        name,
        provisioning,
        ...(isOneOf(ALLOCATION, allocation) && { allocation }),
        ...(isOneOf(PERSIST, persist) && { persistUserChanges: persist }),
        ...about.get(name),
        machines: of.map(({ id }) => id).slice(0, 20_000),
      },
    ]
  })
}

type AboutCatalog = Pick<MachineCatalog, 'masterImage' | 'groups'>

/** Lines of a name, the path of the image, and the delivery groups, behind tabs; no older recipe tells them. */
const aboutCatalogs = (lines: readonly string[]): Map<string, AboutCatalog> =>
  new Map(
    lines.map(line => {
      const [name = '', path = '', ...groups] = line.split('\t').map(part => part.trim())
      const masterImage = imageOf(path)
      const named = groups.filter(group => group !== '').slice(0, 100)
      return [
        name.slice(0, 500),
        {
          ...(named.length > 0 && { groups: named.map(group => group.slice(0, 500)) }),
          ...(masterImage && { masterImage }),
        },
      ]
    }),
  )

/** `XDHyp:\HostingUnits\UNIT\NAME.vm\SNAPSHOT.snapshot`; of snapshots of snapshots the last one counts. */
const imageOf = (path: string): MachineCatalog['masterImage'] => {
  const parts = path.split('\\').map(part => part.slice(0, 500))
  const [vm] = parts.flatMap(part => /^(.+)\.vm$/i.exec(part)?.[1] ?? [])
  const snapshot = /^(.+)\.snapshot$/i.exec(parts.at(-1) ?? '')?.[1]
  return vm === undefined ? undefined : { vm, ...(snapshot !== undefined && { snapshot }) }
}

const PROVISIONING = ['MCS', 'PVS', 'Manual'] as const
const ALLOCATION = ['Static', 'Permanent', 'Random'] as const
const PERSIST = ['Discard', 'OnLocal', 'OnPvd'] as const

const isOneOf = <T extends string>(all: readonly T[], one: string | undefined): one is T =>
  (all as readonly (string | undefined)[]).includes(one)

/**
 * What a domain controller says of its directory, of the facts that recipes for directories find. Where the attribute is not set, its lifetime is 60 days
 * (Microsoft, tombstoneLifetime).
 * @returns `undefined` where they say nothing of a directory
 */
export const directoryFacts = (facts: Facts): DirectoryFacts | undefined => {
  if (!('tombstoneLifetime' in facts) && text(facts.invocationId) === undefined) return undefined
  const days = Number(text(facts.tombstoneLifetime) ?? facts.tombstoneLifetime ?? Number.NaN)
  const parsed = DirectoryFacts.safeParse({
    domain: text(facts.domain),
    ...(Number.isInteger(days) && { tombstoneDays: days }),
  })
  return parsed.success ? parsed.data : undefined
}
