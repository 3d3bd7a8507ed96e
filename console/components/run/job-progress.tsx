import ProgressBar from '@cloudscape-design/components/progress-bar'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { JobView } from '#core/contracts/runs-api.ts'
import { run as words } from '../../text/run.ts'
import { durationText } from '../duration.ts'
import { sizeText } from '../size.ts'
import { ComponentSteps } from './component-steps.tsx'
import { jobSubject } from './job-subject.ts'

const percent = (done: number, total: number): number =>
  total === 0 ? 0 : Math.min(100, Math.floor((done / total) * 100))

/** One job that is open: how far it is, how quick, what is left, and its disks under way. What it does says its line. */
export const JobProgress = ({ job }: { job: JobView }) => {
  const { progress, line, bytesPerSecond, secondsLeft } = job
  if (!progress || job.state !== 'leased') return <Line job={job} />
  const { bytesTotal, bytesDone, bytesRead, bytesStored, bytesResumed = 0, disks } = progress
  const facts = [
    bytesTotal > 0 && words.work(sizeText(bytesDone), sizeText(bytesTotal)),
    bytesPerSecond !== undefined && words.rate(sizeText(bytesPerSecond)),
    secondsLeft !== undefined && words.secondsLeft(durationText(secondsLeft * 1_000)),
    disks && words.disks(disks.done, disks.total),
    words.readAndStored(sizeText(bytesRead), sizeText(bytesStored)),
    bytesResumed > 0 && words.resumed(sizeText(bytesResumed)),
  ].filter(Boolean)
  return (
    <SpaceBetween size="xs">
      <ProgressBar
        label={jobSubject(job)}
        description={line}
        value={percent(bytesDone, bytesTotal)}
        additionalInfo={facts.join(' · ')}
      />
      <Disks job={job} />
      <ComponentSteps job={job} />
    </SpaceBetween>
  )
}

const Line = ({ job }: { job: JobView }) => (
  <div>
    <strong>{jobSubject(job)}</strong>: {job.line}
  </div>
)

/** Only where there are several: of one the job's own bar tells all. */
const Disks = ({ job: { progress } }: { job: JobView }) => {
  const { underWay = [], disks } = progress ?? {}
  if (underWay.length === 0 || (disks?.total ?? underWay.length) < 2) return null
  return (
    <SpaceBetween size="xxs">
      {underWay.map(({ userdevice, bytesDone, bytesTotal }) => (
        <ProgressBar
          key={userdevice}
          variant="key-value"
          label={words.disk(userdevice)}
          value={percent(bytesDone, bytesTotal)}
          additionalInfo={words.work(sizeText(bytesDone), sizeText(bytesTotal))}
        />
      ))}
    </SpaceBetween>
  )
}
