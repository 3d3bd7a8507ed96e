import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { PointSummary } from '#core/contracts/points.ts'
import type { JobView } from '#core/contracts/runs-api.ts'
import { BootResult } from '../../components/boot-check/boot-result.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { ComponentSteps } from '../../components/run/component-steps.tsx'
import { RestoreProof } from '../../components/run/restore-proof.tsx'
import { sizeText } from '../../components/size.ts'
import { jobFacts as words } from '../../text/runs.ts'
import { shell } from '../../text/shell.ts'

/** Whether a job that has ended has more to tell than its line does. */
export const hasDetails = ({ outcome }: JobView): boolean =>
  outcome !== undefined &&
  ['backed-up', 'restored', 'failed', 'planned', 'boot-checked', 'component-restored'].includes(
    outcome.status,
  )

/** What became of a job: its problem with what to do, its disks with why they were read so, or what was proven. */
export const JobDetails = ({ job }: { job: JobView }) => {
  const { outcome } = job
  switch (outcome?.status) {
    case 'failed': {
      const { message, advice, code } = outcome.problem
      return (
        <Alert type="error" header={message}>
          <Box variant="p">{advice}</Box>
          <Box color="text-body-secondary" fontSize="body-s">
            {shell.code(code)}
          </Box>
        </Alert>
      )
    }
    case 'backed-up':
      return (
        <SpaceBetween size="s">
          <Disks point={outcome.point} />
          <Notes notes={outcome.notes} />
          <NextAfterBackup point={outcome.point} />
        </SpaceBetween>
      )
    case 'restored':
      return (
        <SpaceBetween size="s">
          <RestoreProof report={outcome.report} />
          <Notes notes={outcome.report.notes} />
        </SpaceBetween>
      )
    case 'boot-checked':
      return (
        <SpaceBetween size="s">
          <BootResult result={outcome.result} />
          <Notes notes={outcome.notes} />
        </SpaceBetween>
      )
    case 'component-restored':
      return (
        <SpaceBetween size="s">
          <ComponentSteps job={job} />
          <Notes notes={outcome.report.notes} />
        </SpaceBetween>
      )
    case 'planned':
      return (
        <ol>
          {outcome.steps.map(step => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )
    default:
      return null
  }
}

/** Where to go from a recovery point that has just been made. Only points of virtual machines are restored here. */
const NextAfterBackup = ({ point: { pointId, vmUuid, kind = 'vm' } }: { point: PointSummary }) =>
  kind === 'vm' && (
    <SpaceBetween direction="horizontal" size="m">
      <PageLink to={`/restore?point=${pointId}`}>{words.restoreIt}</PageLink>
      <PageLink to={`/vms/${vmUuid}`}>{words.showVm}</PageLink>
    </SpaceBetween>
  )

const Notes = ({ notes }: { notes: readonly string[] }) =>
  notes.length === 0 ? null : (
    <div>
      <Box variant="awsui-key-label">{words.notes}</Box>
      <ul>
        {[...new Set(notes)].map(note => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </div>
  )

const Disks = ({ point: { disks, skipped, facts = [] } }: { point: PointSummary }) => (
  <>
    <Notes notes={facts} />
    {disks.length > 0 && <Box variant="awsui-key-label">{words.disks}</Box>}
    <ul>
      {disks.map(({ userdevice, name, size, bytesRead, incremental, reasons }) => (
        <li key={userdevice}>
          {words.disk(userdevice, name)}: {sizeText(size)}, {sizeText(bytesRead)}{' '}
          {words.read.toLowerCase()}, {(incremental ? words.incremental : words.full).toLowerCase()}
          {reasons.length > 0 && `: ${reasons.join(' ')}`}
        </li>
      ))}
      {skipped.map(({ userdevice, reason }) => (
        <li key={`without ${userdevice}`}>
          {userdevice}: {words.skippedDisks.toLowerCase()}: {reason}
        </li>
      ))}
    </ul>
  </>
)
