import { isPerson } from '../access/who.ts'
import type { JobView } from '../contracts/runs-api.ts'
import type { Person } from '../ports.ts'
import type { Run } from '../runs/run.ts'

/**
 * A job as this person may see it: what was downloaded is named to whoever looked, and to administrators, who read the audit records as well. Everybody else hears how
 * much it was: names of files tell about their guest, and many may read what runs came to.
 */
export const shownTo =
  ({ startedBy }: Pick<Run, 'startedBy'>, person: Pick<Person, 'name' | 'id' | 'role'>) =>
  (job: JobView): JobView => {
    const { outcome } = job
    if (outcome?.status !== 'files-read') return job
    if (person.role === 'administrator' || isPerson(startedBy, person)) return job
    return { ...job, outcome: { ...outcome, report: { ...outcome.report, downloads: [] } } }
  }
