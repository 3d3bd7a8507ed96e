import type { AffectedExtent, CheckProgress, CheckReport, Finding } from '#repository/index.ts'
import { bar, speaksUnicode } from '../follow/bar.ts'
import { type Host, printJson } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatBytes } from '../output/units.ts'

/** What each level has looked at, for people. */
const LOOKED_AT = [
  'All objects are listed and their sizes compared; no data was read',
  'Every map of a disk or stream was read, and a sample of the data',
  'Every stored byte was read, decrypted and compared with its checksum',
] as const

/** @returns the result in words; damage by finding, with the VMs, disks, streams and places that it strikes */
export const checkLines = (
  address: string,
  report: CheckReport,
  labels: ReadonlyMap<string, string>,
): string[] => {
  const { level, points, packs, packsRead, bytesRead, orphans, findings } = report
  const head = [
    `Repository ${safeText(address)}: ${count(points, 'recovery point')}, ${count(packs, 'pack')}.`,
    level === 0
      ? `${LOOKED_AT[level]}.`
      : `${LOOKED_AT[level]}: ${count(packsRead, 'pack')}, ${formatBytes(bytesRead)}.`,
    ...(orphans > 0
      ? [
          `${count(orphans, 'pack')} needed by no point (left by interrupted backups or removed points; no damage).`,
        ]
      : []),
    ...(report.notRecorded === undefined
      ? []
      : [`What was found could not be written down: ${safeText(report.notRecorded)}`]),
  ]
  if (findings.length === 0)
    return [...head, level === 0 ? 'Nothing is missing.' : 'No damage was found.']
  const lost = new Set(findings.flatMap(({ affected }) => affected.map(({ pointId }) => pointId)))
  return [
    ...head,
    `DAMAGE: ${count(findings.length, 'finding')}; ${lost.size} of ${count(points, 'recovery point')} cannot be restored completely.`,
    ...findings.flatMap(finding => findingLines(finding, labels)),
    '  what to do: Run "xenkeep repo check --heal", with --replica where there is a copy: it puts back what an older version or the copy has.',
    report.notRecorded === undefined
      ? '  What is left damaged, the next backups of these VMs read again, and do not rest on.'
      : '  Until then new points rest on the same damaged data: check with the right to write to the repository.',
  ]
}

const findingLines = (finding: Finding, labels: ReadonlyMap<string, string>): string[] => [
  `  ${finding.code}: ${safeText(finding.message)}`,
  ...(finding.affected.length === 0 ? ['    No recovery point needs it.'] : []),
  ...joined(finding.affected).map(extent => `    ${extentText(extent, labels)}`),
]

const extentText = (extent: AffectedExtent, labels: ReadonlyMap<string, string>): string => {
  const named = (id: string) => (labels.has(id) ? `${labels.get(id)} (${id})` : safeText(id))
  const { vmUuid, pointId, diskId, streamId, offset, length } = extent
  const part = diskId === undefined ? `stream ${safeText(streamId ?? '')}` : `disk ${named(diskId)}`
  const end = offset + length
  return `VM ${named(vmUuid)}, point ${pointId}, ${part}, bytes ${offset.toLocaleString('en')} to ${end.toLocaleString('en')} (${formatBytes(length)})`
}

/** Neighbouring stretches of one disk or stream of one point become one. */
const joined = (extents: readonly AffectedExtent[]): AffectedExtent[] => {
  const result: AffectedExtent[] = []
  for (const extent of extents) {
    const last = result.at(-1)
    if (
      last &&
      last.pointId === extent.pointId &&
      last.diskId === extent.diskId &&
      last.streamId === extent.streamId &&
      last.offset + last.length === extent.offset
    )
      last.length += extent.length
    else result.push({ ...extent })
  }
  return result
}

const STEPS: Record<CheckProgress['step'], string> = {
  points: 'reading recovery points',
  packs: 'reading packs',
  maps: 'following maps of disks and streams',
}

/** A bar on a terminal, JSON lines for programs; nothing for logs, since the result tells all. */
export const checkProgress = (host: Host, json: boolean) => {
  const unicode = speaksUnicode(host.env)
  let last = 0
  return {
    update: (progress: CheckProgress): void => {
      if (host.now() - last < 100) return
      last = host.now()
      if (json) printJson(host, { event: 'progress', ...progress })
      else if (host.stderr.isTTY) {
        const share = progress.total > 0 ? progress.done / progress.total : 0
        host.stderr.write(
          `\r  ${bar(share, 24, { unicode })}  ${STEPS[progress.step]}, ${progress.done} of ${progress.total}\x1b[K`,
        )
      }
    },
    end: (): void => {
      if (last > 0 && !json && host.stderr.isTTY) host.stderr.write('\r\x1b[K')
    },
  }
}
