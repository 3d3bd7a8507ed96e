import type { InventoryVm } from '#core/contracts/gateway-api.ts'
import { vmUuid } from './fake-gateway.ts'

/** Names that a list has to survive. */
export const NASTY_NAMES = [
  '<script>window.hurt = 1</script>',
  `"quoted" 'twice' & {{braces}} %s $\{x}`,
  'x'.repeat(255),
  `${'long words '.repeat(22)}end`,
  '\u{1F680} emoji \u{1F469}\u{200D}\u{1F4BB}',
  '\u202Eright to left',
  ' ',
  '',
] as const

/** An inventory of a large site: `vm-1`, `vm-2` …, with the nasty names at its beginning; each tenth is tagged `prod`, each third halted. */
export const manyVms = (count: number, nasty: readonly string[] = NASTY_NAMES): InventoryVm[] =>
  Array.from({ length: count }, (_, index) => ({
    uuid: vmUuid(0x1000 + index),
    name: nasty[index] ?? `vm-${index}`,
    description: 'one of many',
    powerState: index % 3 === 0 ? ('Halted' as const) : ('Running' as const),
    tags: index % 10 === 0 ? ['prod'] : [],
    host: 'host 1',
    disks: [0, 1].map(disk => ({
      vdiUuid: vmUuid(0x100000 + 2 * index + disk),
      userdevice: String(disk),
      name: `disk ${disk}`,
      size: 10 * 1024 ** 3,
      cbt: true,
    })),
  }))
