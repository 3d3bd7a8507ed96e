import { toProblem } from '#core/errors/base.ts'
import { FilesLookClosedError } from '#core/errors/guest-files.ts'
import { closeLook, endQuestion } from '#core/files/ask.ts'
import { explainEnd } from '#core/runs/explain.ts'
import { isGood } from '#core/runs/job.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { recordAudit } from '../audit.ts'
import type { Ports } from '../ports.ts'
import { recordEndOfDownload } from './record-download.ts'

/**
 * Ends what is still asked in a look whose job is over, and records that it ended and what it came to. Before the run ends, so that it is done by whoever goes on after a
 * crash; then it is recorded twice.
 */
export const endFiles = async (
  ports: Pick<Ports, 'catalog' | 'clock' | 'auditCopy'>,
  runId: string,
): Promise<void> => {
  const { catalog } = ports
  const run = (await readRun(catalog, runId)).value
  if (run.state !== 'running') return
  const problem = toProblem(new FilesLookClosedError('ended'))
  for (const questionId of await closeLook(catalog, runId)) {
    const { question, changed } = await endQuestion(catalog, runId, questionId, found => ({
      ...{ ...found, state: 'failed', problem },
    }))
    if (changed) await recordEndOfDownload(ports, question)
  }
  const jobs = await readJobs(catalog, runId)
  await recordAudit(ports, {
    ...{ who: run.startedBy ?? '', source: 'system', action: 'lookEnded', target: runId },
    outcome: jobs.every(({ outcome }) => isGood(outcome)) ? 'done' : 'failed',
    detail: `${run.title.slice(0, 100).toWellFormed()}: ${explainEnd('files', jobs)}`,
  })
}
