import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { isGoodBoot } from '#core/contracts/boot-check.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { Ago, Time } from '../../components/time.tsx'
import { points as words } from '../../text/vm.ts'

const READ_BACK = {
  whole: 'success',
  overdue: 'warning',
  'not-due': 'info',
  'not-told': 'info',
} as const

/** Whether a point can be restored, as far as it was found out: is all of it there, was it read back, did it boot. */
export const PointHealth = ({ point }: { point: ListedPoint }) => {
  const { vanished, damaged, readBack, replicated, bootCheck } = point
  return (
    <SpaceBetween size="xxs">
      {vanished !== undefined && (
        <StatusIndicator type="error">
          {words.vanished} <Time at={vanished} />
        </StatusIndicator>
      )}
      {damaged && <StatusIndicator type="error">{words.damaged}</StatusIndicator>}
      {readBack ? (
        <StatusIndicator type={READ_BACK[readBack.state]}>{readBack.text}</StatusIndicator>
      ) : (
        <StatusIndicator type="info">{words.notVerified}</StatusIndicator>
      )}
      {bootCheck ? (
        <StatusIndicator type={isGoodBoot(bootCheck) ? 'success' : 'error'}>
          {bootCheck.sentence} (<Ago at={bootCheck.at} />)
        </StatusIndicator>
      ) : (
        <StatusIndicator type="info">{words.notBooted}</StatusIndicator>
      )}
      {replicated && <span>{replicated.text}</span>}
    </SpaceBetween>
  )
}
