import type { JobView } from '#core/contracts/runs-api.ts'
import { jobKind } from '../../text/run.ts'

/** What a job is about: the name of its VM (template, pool, host), or what is done with the repository. */
export const jobSubject = ({ spec }: Pick<JobView, 'spec'>): string => {
  if (spec.kind === 'run-program') return `${jobKind[spec.kind]} "${spec.script}"`
  if ('componentUuid' in spec) return spec.name
  return 'vmName' in spec && spec.vmName !== '' ? spec.vmName : jobKind[spec.kind]
}
