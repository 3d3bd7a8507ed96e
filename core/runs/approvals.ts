import { type Approval, approvalLine, guardApprover } from '../access/approval.ts'
import { isPerson } from '../access/who.ts'
import { keys } from '../catalog/keys.ts'
import { ApprovalRefusedError } from '../errors/access.ts'
import type { Catalog, CatalogWrite, Person } from '../ports.ts'
import { requestCancel } from './job.ts'
import { changeJob, readJobs } from './jobs-catalog.ts'
import type { Run } from './run.ts'
import { changeRun } from './runs-catalog.ts'
import { someAtOnce } from './some-at-once.ts'

/** A run that nobody works on, and nothing is read for, before it is approved. */
export const waitingRun = (run: Run, approval: Approval): Run => ({
  ...run,
  state: 'waiting',
  approval,
  line: approvalLine(approval),
})

/**
 * Lets a run begin; from this write on it is open. Its workflow is started by the caller, or when runs are looked after. Repeated by whoever approved it, it changes
 * nothing.
 * @param epoch of the regions
 * @throws `RUN_NOT_FOUND`, `APPROVAL_REFUSED`, `ROLE_INSUFFICIENT`
 */
export const approveRun = (
  catalog: Catalog,
  runId: string,
  person: Pick<Person, 'name' | 'id' | 'role' | 'source'>,
  now: number,
  epoch = 0,
): Promise<Run> =>
  changeRun(
    catalog,
    runId,
    run => {
      const { approval, line: _, ...rest } = run
      if (!approval) throw notAsked()
      guardApprover(approval, person)
      if (approval.approvedBy !== undefined) return run
      if (run.state !== 'waiting') throw hasEnded(run)
      return {
        ...rest,
        state: 'running',
        ...(epoch > 0 && { regionEpoch: epoch }),
        approval: { ...approval, approvedBy: person.name, approvedAt: now },
      }
    },
    run => opening(run),
  )

/**
 * Ends a run that waits, for good: declined by somebody who could approve it, or withdrawn.
 * @throws `RUN_NOT_FOUND`, `APPROVAL_REFUSED`, `ROLE_INSUFFICIENT`
 */
export const declineRun = async (
  catalog: Catalog,
  runId: string,
  person: Pick<Person, 'name' | 'id' | 'role' | 'source'>,
  { because, now }: { because?: string | undefined; now: number },
): Promise<Run> => {
  const run = await changeRun(catalog, runId, found => {
    if (!found.approval) throw notAsked()
    // Who asked for it may take it back.
    if (!isPerson(found.approval.askedBy, person)) guardApprover(found.approval, person)
    if (found.state === 'cancelled') return found
    if (found.state !== 'waiting') throw hasEnded(found)
    const why = because ? `: ${because.slice(0, 500)}` : '; nothing was read or written'
    return {
      ...found,
      state: 'cancelled',
      ended: now,
      line: `declined by ${person.name.slice(0, 200)}${why}`,
    }
  })
  await someAtOnce(await readJobs(catalog, runId), ({ jobId }) =>
    changeJob(catalog, jobId, job => requestCancel(job, now)),
  )
  return run
}

/** Beside the run that begins: what those who look after runs find it by. */
const opening = ({ runId, state }: Run): CatalogWrite[] =>
  state === 'running' ? [{ kind: 'put', key: keys.openRun(runId), value: {}, expect: 'any' }] : []

const notAsked = () =>
  new ApprovalRefusedError('it needs no approval', 'See how it stands with "xenkeep runs RUN".')

const hasEnded = ({ state }: Run) =>
  new ApprovalRefusedError(
    state === 'running' ? 'it is approved and at work' : `it has ended (${state})`,
    'See how it stands with "xenkeep runs RUN"; "xenkeep cancel RUN" ends one that is at work.',
  )
