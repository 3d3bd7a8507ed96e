import fc from 'fast-check'
import { SiteDefinition } from '#core/contracts/site.ts'
import type { MachineCatalog, SiteGuest } from '#core/contracts/site-guest.ts'
import { SiteRole } from '#core/contracts/site-roles.ts'
import type { SiteInventory, SiteVm } from '#core/site/known.ts'
import { vmUuid } from './fake-gateway.ts'
import { NOW, siteGuest, siteRecipe } from './xendesktop-site.ts'

const MIB = 1024 * 1024

/** Few names, so that lines, guests and VMs meet. */
const name = fc.constantFrom('DDC01', 'DDC02', 'SQL01', 'DC01', 'DC02', 'VDI-1', 'VDI-2', 'VDI-3')

export const anyDisks = fc.array(
  fc.record(
    {
      name: fc.constantFrom('disk', 'WriteBackCache'),
      size: fc.constantFrom(16 * MIB, 40_960 * MIB),
      reset: fc.constant(true as const),
      caching: fc.constant(true as const),
      type: fc.constant('pvs_cache'),
      scheme: fc.constant('scheme-1'),
      base: fc.constantFrom(vmUuid(0xba5e), vmUuid(0xba5f)),
    },
    { requiredKeys: ['name', 'size'] },
  ),
  { maxLength: 3 },
)

const anyVm = (uuid: string, kind: string): fc.Arbitrary<SiteVm> =>
  fc
    .record(
      {
        name: kind === 'vm' ? name : fc.constantFrom('template', 'VDI-1'),
        pool: fc.constantFrom(1, 2),
        tags: fc.subarray(['citrix', 'prod']),
        scheme: fc.constantFrom('scheme-1', 'scheme-2'),
        pvsProxy: fc.constant(true as const),
        disks: anyDisks,
      },
      { requiredKeys: ['name', 'pool', 'tags', 'disks'] },
    )
    .map(({ pool, disks, ...rest }) => ({
      ...{ ...rest, uuid, poolUuid: vmUuid(pool), poolName: `pool ${pool}` },
      disks: disks.map((disk, index) => ({ ...disk, userdevice: String(index) })),
    }))

const uuids = Array.from({ length: 8 }, (_, index) => vmUuid(0x100 + index))

const anyCatalog: fc.Arbitrary<MachineCatalog> = fc.record(
  {
    name: fc.constantFrom('Pooled', 'Dedicated', 'Servers'),
    provisioning: fc.constantFrom('MCS', 'PVS', 'Manual'),
    allocation: fc.constantFrom('Static', 'Permanent', 'Random'),
    persistUserChanges: fc.constantFrom('Discard', 'OnLocal', 'OnPvd'),
    masterImage: fc.record({ vm: name }),
    machines: fc.subarray(uuids),
  },
  { requiredKeys: ['name', 'provisioning', 'machines'] },
)

const anyGuest = (number: number): fc.Arbitrary<SiteGuest> =>
  fc
    .record(
      {
        name,
        vmUuid: fc.constantFrom(...uuids),
        lastSeen: fc.constantFrom(NOW - 5_000, NOW - 7_200_000),
        freezes: fc.boolean(),
        recipes: fc.array(
          fc
            .record(
              {
                name: fc.constantFrom('sql-server', 'ad-state', 'files'),
                roles: fc.subarray([...SiteRole.options]),
                phases: fc.subarray(['probe', 'capture', 'restore']),
                pauses: fc.boolean(),
                instances: fc.subarray(['a', 'b']),
                problem: fc.constant('It did not answer.'),
                evidence: fc.constantFrom('tested', 'transcript'),
              },
              { requiredKeys: ['name', 'roles', 'phases'] },
            )
            .map(({ name: recipe, ...told }) => siteRecipe(recipe, told)),
          { maxLength: 3 },
        ),
        controller: fc.record({
          databases: fc.record(
            { site: fc.record({ server: name, database: fc.constantFrom('Site', 'Other') }) },
            { requiredKeys: [] },
          ),
          controllers: fc.constant<string[]>([]),
          catalogs: fc.array(anyCatalog, { maxLength: 3 }),
        }),
        directory: fc.record({ tombstoneDays: fc.constantFrom(60, 180) }),
      },
      { requiredKeys: ['name', 'recipes'] },
    )
    .map(({ name: guest, ...told }) => siteGuest(number, guest, { lastSeen: undefined, ...told }))

const anyTarget = fc.oneof(
  fc.record({ vm: fc.oneof(name, fc.constantFrom(...uuids, 'nobody')) }),
  fc.record({
    vms: fc.oneof(
      fc.record({ names: fc.constantFrom(['VDI-*'], ['*1'], ['none']) }),
      fc.record({ tags: fc.constant(['citrix']) }),
      fc.record({ catalogs: fc.constant(['Pooled']) }),
      fc.record({ schemes: fc.constant(['SCHEME-1']) }),
      fc.record({ pools: fc.constant(['pool 1']) }),
    ),
  }),
  fc.record({ guest: fc.oneof(name, fc.constant('nobody')) }),
  fc.record({ pool: fc.constantFrom('pool 1', 'pool 2', 'pool 3') }),
  fc.record({ host: fc.constantFrom('host 1', 'host 2', 'host 3') }),
)

const anyComponent = fc
  .record(
    {
      name: fc.constantFrom('first', 'second', 'third'),
      role: fc.constantFrom(...SiteRole.options),
      target: anyTarget,
      recipe: fc.constantFrom('sql-server', 'none'),
      instance: fc.constantFrom('a', 'c'),
      method: fc.constantFrom('normal', 'quiesced', 'memory', 'offline'),
      protect: fc.boolean(),
      because: fc.constant('it is elsewhere'),
    },
    { requiredKeys: ['role', 'target', 'because'] },
  )
  .filter(component => SiteDefinition.shape.components.safeParse([component]).success)

const ref = fc.oneof(
  fc.constantFrom('first', 'second', 'third', 'nobody'),
  fc.constantFrom(...SiteRole.options),
)

export const anyDefinition: fc.Arbitrary<SiteDefinition> = fc
  .record(
    {
      name: fc.constant('Vienna'),
      components: fc.array(anyComponent, { minLength: 1, maxLength: 12 }),
      order: fc.array(fc.record({ earlier: ref, later: ref }), { maxLength: 4 }),
      freeze: fc.record(
        {
          seconds: fc.constant(5),
          fallback: fc.constantFrom('crash', 'fail'),
          apart: fc.array(fc.array(ref, { minLength: 2, maxLength: 3 }), { maxLength: 2 }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['name', 'components'] },
  )
  .map(told => SiteDefinition.parse(told))

export interface AnySite {
  site: SiteDefinition
  inventory: SiteInventory
  guests: SiteGuest[]
}

export const anySite: fc.Arbitrary<AnySite> = fc.record({
  site: anyDefinition,
  inventory: fc.record({
    vms: fc.tuple(...uuids.map(uuid => anyVm(uuid, 'vm'))),
    templates: fc.tuple(anyVm(vmUuid(0x200), 'template'), anyVm(vmUuid(0x201), 'template')),
    pools: fc.constant(
      [1, 2].map(number => ({
        uuid: vmUuid(number),
        name: `pool ${number}`,
        hosts: [{ uuid: vmUuid(10 + number), name: `host ${number}`, live: number === 1 }],
      })),
    ),
    standbys: fc.subarray(uuids, { maxLength: 1 }).map(list => new Set(list)),
  }),
  guests: fc.tuple(anyGuest(1), anyGuest(2), anyGuest(3)),
})
