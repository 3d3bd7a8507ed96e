import type { Client } from '#core/contracts/client.ts'
import type { SiteGraph } from '#core/contracts/site-graph.ts'
import { SiteGraph as SiteGraphSchema } from '#core/contracts/site-graph.ts'
import type { SealSitePointSpec, SiteTaskOutcome } from '#core/contracts/site-points.ts'
import { PointUnintelligibleError } from '#core/errors/point.ts'
import {
  RESTORE_PLAN,
  RUNBOOK,
  SITE_DOCUMENT,
  SiteSubject,
  summarizeSite,
} from '#core/points/site-subject.ts'
import { type PlannedSite, sealed } from '#core/sites/sealed.ts'
import type { Point, Repository } from '#repository/index.ts'
import type { JobContext, Performed } from '../../control/leased-job.ts'
import { limits } from '../../limits.ts'
import { askPatiently, type ConfirmOptions } from '../maintenance/confirm.ts'
import { readLock } from '../read-lock.ts'
import { pointOfJob } from './capture.ts'
import { writeStream } from './write-stream.ts'

interface Options {
  jobId: string
  spec: SealSitePointSpec
  repository: Repository
  ask: ConfirmOptions & { client: Pick<Client, 'call'> }
  context: JobContext
}

/**
 * Writes a site point: which recovery points of one run belong together, what is missing, and how the site comes back, for programs and for people, so that the
 * bucket alone suffices. Run again under the same id, it finds its point and answers the same.
 * @throws `EPOCH_OUTDATED`, `STORE_*`; there is no point then
 */
export const sealSitePoint = async (options: Options): Promise<Performed> => {
  const { jobId, spec, repository, context } = options
  const { vmUuid, lock, policyId, siteId, vmName, poolUuid } = spec
  const made = await pointOfJob(repository, vmUuid, jobId)
  if (made) return answer(repository, made)

  context.report({ phase: 'asking what became of the members' })
  const { runId, ...site } = await askSite(options)
  const result = sealed({ pointId: jobId, siteId, runId, ...site })
  if (!result)
    return {
      outcome: {
        status: 'skipped',
        reason: `No member of the site was backed up, so there is no point of it.`,
      },
    }
  const { brief, taken, documents, notes } = result
  const { signal } = context
  const writer = await repository.beginPoint({ jobId, vmUuid, lock, signal })
  try {
    for (const [diskId, text] of [
      [SITE_DOCUMENT, documents.site],
      [RESTORE_PLAN, documents.plan],
      [RUNBOOK, documents.runbook],
    ] as const) {
      context.report({ phase: `writing ${diskId}` })
      await writeStream(writer, { diskId, chunkSize: limits.streamChunkSize }, once(text), () =>
        signal.throwIfAborted(),
      )
    }
    context.report({ phase: 'committing the site point' })
    const subject: SiteSubject = {
      format: 'site',
      version: 1,
      name: vmName,
      poolUuid,
      taken,
      ...(policyId && { policyId }),
      site: brief,
      notes,
    }
    return await answer(repository, await writer.commit(SiteSubject.parse(subject)))
  } catch (error) {
    await writer.abort()
    throw error
  }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

/** Asks part by part: a site of 10,000 machines is more than one answer holds. */
const askSite = async ({
  jobId,
  ask,
  context,
}: Options): Promise<
  Omit<PlannedSite, 'siteId'> & { runId: string; alsoRuns?: string[] | undefined }
> => {
  const { signal } = context
  const graph: string[] = []
  const outcomes: SiteTaskOutcome[] = []
  let definition: PlannedSite['definition'] | undefined
  let alsoRuns: string[] | undefined
  for (let after: string | undefined; ; ) {
    const reply = await askPatiently(ask, signal, () =>
      ask.client.call('siteOfJob', {
        params: { jobId },
        body: { epoch: context.epoch(), ...(after !== undefined && { after }) },
        signal,
      }),
    )
    definition ??= reply.definition
    alsoRuns ??= reply.alsoRuns
    if (reply.graph !== undefined) graph.push(reply.graph)
    outcomes.push(...(reply.outcomes ?? []))
    after = reply.next
    if (after !== undefined) continue
    const parsed: SiteGraph = SiteGraphSchema.parse(JSON.parse(graph.join('')))
    if (!definition) throw new TypeError('The control plane told no definition of the site.')
    return { runId: reply.runId, alsoRuns, definition, graph: parsed, outcomes }
  }
}

const answer = async (repository: Repository, point: Point): Promise<Performed> => {
  const subject = SiteSubject.safeParse(point.subject)
  if (!subject.success) throw new PointUnintelligibleError(point.id, subject.error)
  const lock = await readLock(repository, point)
  return {
    outcome: {
      status: 'backed-up',
      point: summarizeSite(repository.id, point, subject.data, lock),
      notes: subject.data.notes,
    },
  }
}
