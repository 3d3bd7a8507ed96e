import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { JobView, RunView } from '#core/contracts/runs-api.ts'
import { jobSubject } from '../../components/run/job-subject.ts'
import { Time } from '../../components/time.tsx'
import { runPage as words } from '../../text/runs.ts'

interface Entry {
  at: number
  text: string
}

const entriesOf = (job: JobView): Entry[] => {
  const name = jobSubject(job)
  const begun = words.began(name, job.gateway, job.attempts)
  return [
    ...(job.begun === undefined ? [] : [{ at: job.begun, text: begun }]),
    ...(job.finished === undefined
      ? []
      : [{ at: job.finished, text: words.jobEnded(name, job.line) }]),
  ]
}

/** What was done to a run and what its first jobs did, in order. */
export const RunLog = ({ run, jobs }: { run: RunView; jobs: readonly JobView[] }) => {
  const entries = [...(run.log ?? []), ...jobs.flatMap(entriesOf)].sort((a, b) => a.at - b.at)
  return (
    <Container header={<Header variant="h2">{words.log}</Header>}>
      <ol>
        {entries.map(({ at, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two of them may be the same, and none ever moves
          <li key={`${at} ${index}`}>
            <Box variant="span" color="text-body-secondary">
              <Time at={at} />
            </Box>{' '}
            {text}
          </li>
        ))}
      </ol>
    </Container>
  )
}
