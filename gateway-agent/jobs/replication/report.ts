import type { StandbyReport } from '#core/contracts/replication.ts'
import { bounded } from '../../sentences.ts'
import type { Standby } from '../../targets/standby/standby.ts'

export const reportOf = (
  { record, mark, states }: Standby,
  facts: Pick<StandbyReport, 'written' | 'bytesWritten' | 'readBack' | 'started'>,
  notes: readonly string[],
): StandbyReport => ({
  standbyUuid: record.uuid,
  standbyName: record.name_label,
  pointId: mark.point.pointId,
  taken: mark.point.taken,
  ...facts,
  states: states.map(({ uuid, mark: { point } }) => ({
    uuid,
    pointId: point.pointId,
    taken: point.taken,
  })),
  notes: bounded(notes),
})

export const replicated = (
  standby: Standby,
  written: StandbyReport['written'],
  bytesWritten: number,
  readBack: boolean,
  notes: readonly string[],
) => ({
  status: 'replicated' as const,
  report: reportOf(standby, { written, bytesWritten, readBack, started: false }, notes),
})
