import SpaceBetween from '@cloudscape-design/components/space-between'
import { isGoodBoot } from '#core/contracts/boot-check.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Sign } from '../../components/sign.tsx'
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
        <Sign type="error">
          {words.vanished} <Time at={vanished} />
        </Sign>
      )}
      {damaged && <Sign type="error">{words.damaged}</Sign>}
      {readBack ? (
        <Sign type={READ_BACK[readBack.state]}>{readBack.text}</Sign>
      ) : (
        <Sign type="info">{words.notVerified}</Sign>
      )}
      {bootCheck ? (
        <Sign type={isGoodBoot(bootCheck) ? 'success' : 'error'}>
          {bootCheck.sentence} (<Ago at={bootCheck.at} />){' '}
          <PageLink to={`/boot-checks/${point.pointId}`}>{words.showProof}</PageLink>
        </Sign>
      ) : (
        <Sign type="info">{words.notBooted}</Sign>
      )}
      {replicated && <span>{replicated.text}</span>}
    </SpaceBetween>
  )
}
