import { formatBytes } from '#core/bytes-text.ts'
import { toProblem } from '#core/errors/base.ts'
import type { Question } from '#core/files/look.ts'
import type { Person } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { recordAudit } from '../audit.ts'
import type { Ports } from '../ports.ts'

type RecordPorts = Pick<Ports, 'catalog' | 'clock' | 'auditCopy'>

const ACTION = 'downloadFile'

/**
 * Records that somebody asks for a download, with volume and path, before it is kept; with an error, that it was refused then. Other questions leave no record: that
 * the look was begun is recorded, and there are up to 1,000 of them.
 * @returns the number of the record
 * @throws `CATALOG_UNAVAILABLE`
 */
export const recordDownload = async (
  ports: RecordPorts,
  {
    question,
    run,
    caller: { name, role, source },
    error,
  }: {
    question: Question
    run: Run
    caller: Pick<Person, 'name' | 'role' | 'source'>
    error?: unknown
  },
): Promise<number | undefined> => {
  const { ask, runId, questionId, record } = question
  if (ask.what !== 'download') return undefined
  const { seq } = await recordAudit(ports, {
    ...{ who: name, role, source: source ?? 'person', action: ACTION },
    target: `${runId} ${questionId}`,
    outcome: error === undefined ? 'asked' : 'refused',
    ...(error !== undefined && { code: toProblem(error).code }),
    ...(record !== undefined && { of: record }),
    detail: detailOf(ask, run.title),
  })
  return seq
}

/** Records what became of a download. Where that fails, the work is done all the same: the record that it was asked for stays without its second. */
export const recordEndOfDownload = async (
  ports: RecordPorts,
  { ask, state, runId, questionId, record, parts, problem }: Question,
): Promise<void> => {
  if (ask.what !== 'download' || record === undefined) return
  const isWhole = state === 'answered'
  const sent = formatBytes(parts.reduce((sum, part) => sum + part, 0))
  try {
    const { title, startedBy = '' } = (await readRun(ports.catalog, runId)).value
    await recordAudit(ports, {
      ...{ who: startedBy, source: 'system', action: ACTION, of: record },
      target: `${runId} ${questionId}`,
      outcome: isWhole ? 'done' : 'failed',
      ...(problem && { code: problem.code }),
      // Of the last part nobody knows.
      detail: `${isWhole ? '' : 'up to '}${sent} sent, sealed; ${detailOf(ask, title)}`,
    })
  } catch (error) {
    console.error(
      JSON.stringify({ level: 'error', audit: ACTION, of: record, error: String(error) }),
    )
  }
}

/** Characters of a path in a record, which has 500 for all of it. */
const LENGTH = 330

/** Of a long path the beginning and the end. */
const detailOf = ({ volume, path }: { volume: string; path: string }, title: string): string => {
  const shown =
    path.length <= LENGTH
      ? path
      : `${path.slice(0, LENGTH / 2)}…${path.slice(1 - LENGTH / 2)}`.toWellFormed()
  return `volume ${JSON.stringify(volume.slice(0, 60).toWellFormed())}; path ${JSON.stringify(shown)}; ${title.slice(0, 60).toWellFormed()}`
}
