import type { PointKind, PointSummary } from '#core/contracts/points.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import type { Host } from '../../host.ts'

/** As tables show them. */
export const POINT_KINDS: Record<PointKind, string> = {
  vm: 'VM',
  template: 'template',
  'pool-metadata': 'pool',
  site: 'site',
  host: 'host',
  component: 'component',
}

const VERDICTS = {
  tools: 'yes, tools answered',
  running: 'yes, Running only',
  'did-not-boot': 'NO',
  refused: 'yes, but REFUSED',
  unreadable: 'NO, unreadable',
} as const

/** What keeps a point from being restored as it should be, or makes one look at it twice. */
export const trouble = ({ vanished, damaged, readBack, unusual }: ListedPoint): string[] => [
  ...(vanished === undefined
    ? []
    : [
        `NOT IN THE REPOSITORY since ${new Date(vanished).toISOString().slice(0, 16).replace('T', ' ')} UTC, and nobody deleted it in good order`,
      ]),
  ...(damaged ? ['DAMAGED, as the last verification found; "xenkeep repository" tells more'] : []),
  ...(readBack?.state === 'overdue' ? [readBack.text] : []),
  ...(unusual && !unusual.acknowledged ? [unusual.text] : []),
]

/** What somebody said of unusual change. */
export const explained = ({ unusual }: ListedPoint, time: Host['time']): string[] => {
  if (!unusual?.acknowledged) return []
  const { by, at, because } = unusual.acknowledged
  return [`${unusual.text} ${by} said on ${time(at)}: ${because}`]
}

/** Only machines boot; templates are made to be copied. */
export const bootText = ({ kind = 'vm', bootCheck }: PointSummary, time: Host['time']): string => {
  if (kind !== 'vm') return '-'
  if (!bootCheck) return 'not checked'
  const how = bootCheck.standby ? 'test failover, ' : ''
  return `${VERDICTS[bootCheck.verdict]} (${how}${time(bootCheck.at)})`
}
