import type { ReadFilesSpec } from '#core/contracts/guest-files.ts'
import { sealAnswer } from '#core/contracts/sealed-answers.ts'
import { describePoint, disksOf } from '#core/points/described-point.ts'
import { withGuest } from '#guest-files/guest.ts'
import { closeAll, fetchedBy, offerDisks } from '#guest-files/offered-disks.ts'
import { findTools } from '#guest-files/tools.ts'
import type { Repository } from '#repository/index.ts'
import { JobCancelledError } from '../../control/errors.ts'
import type { Performed } from '../../control/leased-job.ts'
import { findPointOfJob } from '../choose-base.ts'
import { PointGoneError } from '../errors.ts'
import { FileBrowsingOffError, NoDisksError } from './errors.ts'
import { type LookOptions, look } from './look.ts'

/** What its owner says of looks at files on this gateway, asked when one begins. */
export interface FileBrowsing {
  allowed: () => Promise<boolean>
  /** Where that is written. */
  settingsFile: string
  /** Where programs of others are looked for. */
  env: NodeJS.ProcessEnv
}

/**
 * Whether files can be read here at all, before anything is opened.
 * @returns the programs it takes
 * @throws `FILE_BROWSING_OFF`, `FILES_UNSUPPORTED`, `TOOL_MISSING`
 */
export const readyForFiles = async ({ allowed, settingsFile, env }: FileBrowsing) => {
  if (!(await allowed())) throw new FileBrowsingOffError(settingsFile)
  return findTools(env)
}

export interface ReadFilesOptions extends Omit<LookOptions, 'spec'> {
  spec: ReadFilesSpec
  tools: Awaited<ReturnType<typeof readyForFiles>>
  repository: Repository
}

/**
 * A look at the files of a point: its disks are shown to a kernel in a process (docs/decisions/0121-files-by-a-kernel-in-a-process.md), and what is asked is answered,
 * sealed to whoever asked. Nothing of it stays on this machine, also when the process is killed.
 * @throws `READER_KEY_INVALID`, `POINT_NOT_FOUND`, `POINT_WITHOUT_DISKS`, `GUEST_READER_FAILED`, errors of the repository
 */
export const readFiles = async (options: ReadFilesOptions): Promise<Performed> => {
  const { spec, tools, repository, context, runId } = options
  // A key that is none is told now, not with each answer.
  await sealAnswer(spec.publicKey, { runId, questionId: '' })
  context.report({ phase: 'reading the recovery point' })
  const known = await findPointOfJob(repository, spec.vmUuid, spec.pointId)
  if (!known) throw new PointGoneError(spec.pointId, repository.store.address)
  const described = describePoint(known.point)
  const disks = disksOf(described)
  if (disks.length === 0) throw new NoDisksError()
  let onTrouble = (_sentence: string) => {}
  const offers = await offerDisks(repository, described, disks, sentence => onTrouble(sentence))
  try {
    const exports = offers.map(({ offered }) => offered)
    const report = await withGuest(exports, tools, context.signal, async guest => {
      context.report({ phase: 'answering questions' })
      const hear = (heard: typeof onTrouble) => {
        onTrouble = heard
      }
      return look(guest, options, hear)
    })
    // Whoever closes the page ends the look: what was seen until then is told all the same.
    if (context.signal.aborted && !(context.signal.reason instanceof JobCancelledError))
      throw context.signal.reason
    const { bytes } = fetchedBy(offers)
    context.report({ phase: 'done', bytesRead: bytes })
    return { outcome: { status: 'files-read', report } }
  } finally {
    await closeAll(offers)
  }
}
