import { SiteDefinition } from '#core/contracts/site.ts'
import type { MachineCatalog, SiteGuest, SiteGuestRecipe } from '#core/contracts/site-guest.ts'
import type { SiteInventory, SiteVm } from '#core/site/known.ts'
import { vmUuid } from './fake-gateway.ts'

export const NOW = 1_790_000_000_000
export const POOL = {
  uuid: vmUuid(1),
  name: 'pool A',
  hosts: [{ uuid: vmUuid(2), name: 'host 1', live: true }],
}

const MIB = 1024 * 1024

export const siteVm = (number: number, name: string, signs: Partial<SiteVm> = {}): SiteVm => ({
  uuid: vmUuid(number),
  name,
  poolUuid: POOL.uuid,
  poolName: POOL.name,
  tags: [],
  disks: [{ userdevice: '0', name: 'disk 0', size: 40 * 1024 * MIB }],
  ...signs,
})

/** As Machine Creation Services makes it: a system disk cloned of an image, and an identity disk. */
export const provisioned = (
  number: number,
  name: string,
  { reset, scheme }: { reset?: true; scheme?: string },
): SiteVm =>
  siteVm(number, name, {
    ...(scheme !== undefined && { scheme }),
    disks: [
      {
        userdevice: '0',
        name: 'os',
        size: 40 * 1024 * MIB,
        base: vmUuid(0xba5e),
        ...(reset && { reset }),
      },
      { userdevice: '1', name: 'identity', size: 16 * MIB },
    ],
  })

export const siteRecipe = (name: string, told: Partial<SiteGuestRecipe>): SiteGuestRecipe => ({
  name,
  title: name,
  roles: [],
  phases: ['probe', 'capture', 'restore'],
  ...told,
})

export const siteGuest = (
  number: number,
  name: string,
  told: Partial<SiteGuest> = {},
): SiteGuest => ({
  guestUuid: vmUuid(0x9000 + number),
  name,
  os: 'windows',
  lastSeen: NOW - 10_000,
  recipes: [],
  ...told,
})

const catalog = (
  name: string,
  persistUserChanges: 'Discard' | 'OnLocal',
  machines: string[],
): MachineCatalog => ({
  name,
  provisioning: 'MCS',
  allocation: persistUserChanges === 'Discard' ? 'Random' : 'Static',
  persistUserChanges,
  masterImage: { vm: 'W11-Master' },
  machines,
})

const numbered = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index)

/** Two controllers, a SQL Server, a licence server, two domain controllers, an image, 2 dedicated and 20 pooled desktops. */
export const xendesktopSite = () => {
  const pooled = numbered(0x200, 20).map((number, index) =>
    provisioned(number, `VDI-P-${index + 1}`, { reset: true, scheme: 'scheme-p' }),
  )
  const dedicated = numbered(0x300, 2).map((number, index) =>
    provisioned(number, `VDI-D-${index + 1}`, { scheme: 'scheme-d' }),
  )
  const servers = ['DDC01', 'DDC02', 'SQL01', 'LIC01', 'DC01', 'DC02', 'SF01', 'W11-Master']
  const vms = [
    ...servers.map((name, index) => siteVm(0x100 + index, name)),
    ...pooled,
    ...dedicated,
  ]
  const vmOf = (name: string) => vms.find(vm => vm.name === name)?.uuid
  const catalogs = [
    catalog(
      'Pooled',
      'Discard',
      pooled.map(({ uuid }) => uuid),
    ),
    catalog(
      'Dedicated',
      'OnLocal',
      dedicated.map(({ uuid }) => uuid),
    ),
  ]
  const databases = { site: { server: 'SQL01.corp.example', database: 'CitrixSite' } }
  const controller = { site: 'Vienna', databases, controllers: ['DDC01', 'DDC02'], catalogs }
  const exportRecipe = siteRecipe('cvad-site-export', {
    roles: ['ddc'],
    title: 'the site export',
    evidence: 'transcript',
  })
  const guests = [
    siteGuest(1, 'DDC01', {
      vmUuid: vmOf('DDC01'),
      freezes: true,
      controller,
      recipes: [exportRecipe],
    }),
    siteGuest(2, 'DDC02', { vmUuid: vmOf('DDC02'), freezes: true, controller }),
    siteGuest(3, 'SQL01', {
      vmUuid: vmOf('SQL01'),
      freezes: true,
      recipes: [siteRecipe('sql-server', { roles: ['sql'], title: 'the databases' })],
    }),
    siteGuest(4, 'DC01', {
      vmUuid: vmOf('DC01'),
      freezes: true,
      directory: { domain: 'corp.example', tombstoneDays: 180 },
      recipes: [
        siteRecipe('ad-system-state', { roles: ['dc'], title: 'the system state', pauses: true }),
      ],
    }),
    siteGuest(5, 'DC02', { vmUuid: vmOf('DC02'), freezes: true }),
  ]
  const inventory: SiteInventory = {
    vms,
    templates: [siteVm(0x400, 'Windows template')],
    pools: [POOL],
    standbys: new Set(),
  }
  const site = SiteDefinition.parse({
    name: 'Vienna',
    components: [
      { role: 'ddc', target: { guest: 'DDC01' } },
      { role: 'ddc', target: { vm: 'DDC01' } },
      { role: 'ddc', target: { vm: 'DDC02' } },
      { role: 'sql', target: { guest: 'SQL01' } },
      { role: 'sql', target: { vm: 'SQL01' } },
      { role: 'license', target: { vm: 'LIC01' } },
      { role: 'dc', target: { guest: 'DC01' } },
      { role: 'dc', target: { vm: 'DC01' } },
      { role: 'dc', target: { vm: 'DC02' } },
      { role: 'storefront', target: { vm: 'SF01' } },
      { role: 'master-image', target: { vm: 'W11-Master' } },
      { role: 'template', target: { vm: 'Windows template' } },
      { role: 'dedicated', target: { vms: { catalogs: ['Dedicated'] } } },
      { role: 'pooled', target: { vms: { names: ['VDI-P-*'] } } },
      { role: 'pool-metadata', target: { pool: 'pool A' } },
      { role: 'host-metadata', target: { pool: 'pool A' } },
    ],
  })
  return { site, inventory, guests }
}
