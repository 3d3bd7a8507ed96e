import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { useMay } from '../../api/may.ts'
import { useCall } from '../../api/use-call.ts'
import { BootResult } from '../../components/boot-check/boot-result.tsx'
import { StartBootCheck } from '../../components/boot-check/start-boot-check.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { Sign } from '../../components/sign.tsx'
import { Time } from '../../components/time.tsx'
import { proof as words } from '../../text/boot-checks.ts'
import { navigation } from '../../text/navigation.ts'
import { nameOf } from './columns.tsx'

/** What is proven of one recovery point. */
export const Page = ({ pointId }: { pointId: string }) => {
  const { data, error, refetch } = useCall('listPoints', { query: { point: pointId } })
  const retry = () => void refetch()
  const [point] = data?.items ?? []
  if (point)
    return (
      <SpaceBetween size="l">
        {error && <ProblemAlert error={error} title={words.stale} onRetry={retry} />}
        <Shown point={point} />
      </SpaceBetween>
    )
  if (data)
    return (
      <SpaceBetween size="m">
        <Header variant="h1">{navigation.proof}</Header>
        <Alert header={words.gone}>{words.goneAdvice}</Alert>
      </SpaceBetween>
    )
  const { loading, failed } = words
  return (
    <PageWithoutData {...{ title: navigation.proof, loading, failed, error }} onRetry={retry} />
  )
}

const Shown = ({ point }: { point: ListedPoint }) => {
  const [, go] = useLocation()
  const may = useMay()('startRun')
  const [asking, ask] = useState(false)
  const { pointId, vmUuid, taken, bootCheck } = point
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={
          <>
            {words.ofPoint} <PageLink to={`/vms/${vmUuid}`}>{nameOf(point)}</PageLink>,{' '}
            <Time at={taken} />, {pointId}
          </>
        }
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button {...may} onClick={() => go(`/restore?point=${pointId}`)}>
              {words.restore}
            </Button>
            <Button variant="primary" {...may} onClick={() => ask(true)}>
              {bootCheck ? words.again : words.check}
            </Button>
          </SpaceBetween>
        }
      >
        {words.title(nameOf(point))}
      </Header>
      {bootCheck ? (
        <Container header={<Header variant="h2">{words.result}</Header>}>
          <SpaceBetween size="m">
            <BootResult result={bootCheck} />
            <Box color="text-body-secondary">{words.kept}</Box>
          </SpaceBetween>
        </Container>
      ) : (
        <Alert type="info" header={words.none}>
          {words.noneAdvice}
        </Alert>
      )}
      <Container header={<Header variant="h2">{words.more}</Header>}>
        <More point={point} />
      </Container>
      {asking && (
        <StartBootCheck points={[{ pointId, vmName: nameOf(point) }]} onClose={() => ask(false)} />
      )}
    </SpaceBetween>
  )
}

const READ_BACK = {
  whole: 'success',
  overdue: 'warning',
  'not-due': 'info',
  'not-told': 'info',
} as const

const More = ({ point: { readBack, damaged, vanished, replicated } }: { point: ListedPoint }) => (
  <SpaceBetween size="xxs">
    {vanished !== undefined && <Sign type="error">{words.vanished}</Sign>}
    {damaged && <Sign type="error">{words.damaged}</Sign>}
    <Sign type={readBack ? READ_BACK[readBack.state] : 'info'}>
      {readBack?.text ?? words.notReadBack}
    </Sign>
    {replicated && <span>{replicated.text}</span>}
  </SpaceBetween>
)
