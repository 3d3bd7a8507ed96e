import {
  PLAN_PIECE,
  type ReadSitePlanSpec,
  SiteDocument,
  type TellSitePlanReply,
} from '#core/contracts/site-plan-recall.ts'
import { SitePlanUnfitError } from '#core/errors/sites.ts'
import { SITE_DOCUMENT } from '#core/points/site-subject.ts'
import { asciiJson } from '#core/sites/site-plan.ts'
import type { DiskExtent, Point, Repository } from '#repository/index.ts'
import type { JobContext, Performed } from '../control/leased-job.ts'
import { PointGoneError } from './errors.ts'
import { askPatiently, type ConfirmOptions } from './maintenance/confirm.ts'

interface Options {
  jobId: string
  spec: ReadSitePlanSpec
  repository: Repository
  ask: ConfirmOptions
  context: JobContext
}

/**
 * Reads in the repository what a site point names, and tells the control plane, which has no keys. Run again, it tells the same again.
 * @throws `POINT_NOT_FOUND`, `SITE_PLAN_UNFIT`, `STORE_*`, damage of the point
 */
export const readSitePlan = async (options: Options): Promise<Performed> => {
  const { spec, repository, context } = options
  const refs = await Array.fromAsync(repository.points(spec.vmUuid))
  const ref = refs.find(({ id }) => id === spec.pointId)
  const point = ref && (await repository.readPoint(ref))
  const stream = point?.disks.find(({ id }) => id === SITE_DOCUMENT)
  if (!point || !stream) throw new PointGoneError(spec.pointId, repository.store.address)
  context.report({ phase: 'reading the plan of the site point' })
  const document = await documentOf(repository, point, context.signal)
  const { missing = 0, site } = await tell(options, asciiJson(document), stream.rootHash)
  const { members } = document.record
  const saved = members.filter(member => member.point !== undefined).length
  return {
    outcome: {
      status: 'planned',
      steps: [
        `The restore plan of the site was read in the repository; ${saved === members.length ? `all ${saved}` : `${saved} of its ${members.length}`} members have a recovery point.`,
        ...(missing > 0
          ? [
              `${missing} of these recovery points the control plane does not know: they were deleted since, or not listed yet. Steps that need them are refused until it does.`,
            ]
          : []),
        ...(site === 'defined'
          ? ['The site is defined again as it was then; policies that protected it are not.']
          : []),
        ...(site === 'name-taken'
          ? [
              'Another site bears its name by now, so its definition was not taken over; its points are listed under its id.',
            ]
          : []),
        `Begin with "xenkeep site restore ${spec.pointId}".`,
      ],
    },
  }
}

const documentOf = async (
  repository: Repository,
  point: Point,
  signal: AbortSignal,
): Promise<SiteDocument> => {
  const bytes = await Array.fromAsync(
    bytesOf(repository.readDisk(point, SITE_DOCUMENT, { signal })),
  )
  try {
    return SiteDocument.parse(JSON.parse(Buffer.concat(bytes).toString('utf8')))
  } catch (cause) {
    throw new SitePlanUnfitError(point.id, 'this version does not understand it', cause)
  }
}

async function* bytesOf(extents: AsyncIterable<DiskExtent>): AsyncGenerator<Uint8Array> {
  for await (const extent of extents)
    yield extent.zero ? new Uint8Array(extent.length) : extent.bytes
}

/** In pieces: a site of 10,000 machines is more than one call takes. */
const tell = async (
  { jobId, ask, context }: Options,
  text: string,
  rootHash: string,
): Promise<TellSitePlanReply> => {
  const { signal } = context
  const pages = Math.ceil(text.length / PLAN_PIECE)
  let reply: TellSitePlanReply = {}
  for (let page = 1; page <= pages; page++) {
    const piece = text.slice((page - 1) * PLAN_PIECE, page * PLAN_PIECE)
    reply = await askPatiently(ask, signal, () =>
      ask.client.call('tellSitePlan', {
        params: { jobId },
        body: { epoch: context.epoch(), page, pages, text: piece, rootHash },
        signal,
      }),
    )
  }
  return reply
}
