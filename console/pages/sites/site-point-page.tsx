import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { GetSitePointReply } from '#core/contracts/sites-api.ts'
import { skewText } from '#core/points/skew-text.ts'
import { useMay } from '../../api/may.ts'
import { codeOf } from '../../api/problem.ts'
import { useCall } from '../../api/use-call.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { Sign } from '../../components/sign.tsx'
import { Time } from '../../components/time.tsx'
import { navigation } from '../../text/navigation.ts'
import { sites, sitePoint as words } from '../../text/sites.ts'
import { LockSign } from '../vms/lock-sign.tsx'
import { BeginRestore } from './begin-restore.tsx'
import { Members } from './members.tsx'
import { Plan } from './plan.tsx'
import { Recall } from './recall.tsx'
import { Sentences } from './sentences.tsx'

/** A site point: what belongs together, and how the site comes back from it. */
export const Page = ({ siteId, sitePointId: pointId }: { siteId: string; sitePointId: string }) => {
  const may = useMay()
  const [asks, setAsks] = useState(false)
  const { data, error, refetch } = useCall('getSitePoint', {
    params: { pointId },
    query: { limit: 1 },
  })
  if (!data)
    return (
      <SpaceBetween size="l">
        <PageWithoutData
          {...{ title: navigation.sitePoint, loading: words.loading, failed: words.failed, error }}
          onRetry={() => void refetch()}
        />
        {codeOf(error) === 'SITE_PLAN_ELSEWHERE' && <Recall pointId={pointId} />}
      </SpaceBetween>
    )
  return (
    <SpaceBetween size="l">
      {error !== null && (
        <ProblemAlert error={error} title={words.stale} onRetry={() => void refetch()} />
      )}
      <Header
        variant="h1"
        actions={
          <Button variant="primary" {...may('startSiteRestore')} onClick={() => setAsks(true)}>
            {words.restore}
          </Button>
        }
      >
        {words.title(data.point.vmName)}
      </Header>
      <Facts point={data} />
      <Members pointId={pointId} />
      <Plan pointId={pointId} />
      {asks && <BeginRestore siteId={siteId} pointId={pointId} onClose={() => setAsks(false)} />}
    </SpaceBetween>
  )
}

const Facts = ({ point: { point, state, reasons, notes, skew } }: { point: GetSitePointReply }) => (
  <Container header={<Header variant="h2">{words.facts}</Header>}>
    <SpaceBetween size="m">
      <KeyValuePairs
        columns={4}
        items={[
          { label: words.taken, value: <Time at={point.taken} /> },
          {
            label: words.state,
            value: <Sign type={state === 'complete' ? 'success' : 'warning'}>{sites[state]}</Sign>,
          },
          {
            label: words.skew,
            value: skew ? words.apart(skewText(skew.milliseconds)) : words.oneMember,
          },
          { label: words.lock, value: <LockSign {...point} /> },
        ]}
      />
      <Sentences title={words.reasons} texts={reasons} />
      <Sentences title={words.notes} texts={notes} />
    </SpaceBetween>
  </Container>
)
