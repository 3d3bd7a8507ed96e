import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { useLocation } from 'wouter'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { useMay } from '../../api/may.ts'
import { useCall } from '../../api/use-call.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { Time } from '../../components/time.tsx'
import { navigation } from '../../text/navigation.ts'
import { policies as words } from '../../text/policies.ts'
import { LastRun } from './last-run.tsx'
import { PolicyActions } from './policy-actions.tsx'
import { PolicyKept } from './policy-kept.tsx'
import { PolicyMissed } from './policy-missed.tsx'
import { PolicyRuns } from './policy-runs.tsx'
import { PolicyState } from './policy-state.tsx'
import { PolicyVms } from './policy-vms.tsx'

const said = words.page

export const Page = ({ policyId }: { policyId: string }) => {
  const { data: view, error, refetch } = useCall('getPolicy', { params: { policyId } })
  const again = () => void refetch()
  if (!view)
    return (
      <PageWithoutData
        {...{ title: navigation.policy, loading: said.loading, failed: said.failed, error }}
        onRetry={again}
      />
    )
  return (
    <SpaceBetween size="l">
      {error && <ProblemAlert title={said.stale} error={error} onRetry={again} />}
      <Shown view={view} />
    </SpaceBetween>
  )
}

const Shown = ({ view }: { view: PolicyView }) => {
  const [, go] = useLocation()
  const may = useMay()
  const { policy, deleted } = view
  const { policyId } = policy
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={policy.description}
        actions={
          !deleted && (
            <SpaceBetween direction="horizontal" size="xs">
              <PolicyActions view={view} variant="normal" onDeleted={() => go('/policies')} />
              <Button
                variant="primary"
                {...may('putPolicy')}
                onClick={() => go(`/policies/${policyId}/edit`)}
              >
                {words.edit}
              </Button>
            </SpaceBetween>
          )
        }
      >
        {policy.name}
      </Header>
      {deleted && (
        <Alert type="info" header={said.deleted(deleted.by)}>
          <Time at={deleted.at} />. {said.deletedWhat}
        </Alert>
      )}
      <Container header={<Header variant="h2">{said.facts}</Header>}>
        <Facts view={view} />
      </Container>
      <Tabs
        ariaLabel={said.tabsLabel}
        variant="container"
        tabs={[
          {
            id: 'vms',
            label: said.tabs.vms,
            content: <PolicyVms policy={policy} isDeleted={deleted !== undefined} />,
          },
          { id: 'runs', label: said.tabs.runs, content: <PolicyRuns policyId={policyId} /> },
          { id: 'kept', label: said.tabs.kept, content: <PolicyKept policyId={policyId} /> },
          { id: 'missed', label: said.tabs.missed, content: <PolicyMissed policyId={policyId} /> },
        ]}
      />
    </SpaceBetween>
  )
}

const Facts = ({ view }: { view: PolicyView }) => (
  <KeyValuePairs
    columns={3}
    items={[
      { label: words.takes, value: view.words.takes },
      { label: said.how, value: view.words.how },
      { label: words.when, value: view.words.when },
      {
        label: said.nextTime,
        value: view.nextTime === undefined ? said.noNextTime : <Time at={view.nextTime} />,
      },
      { label: words.kept, value: view.words.kept },
      { label: said.lockLabel, value: view.words.lock ?? words.noLock },
      { label: words.state, value: <PolicyState view={view} /> },
      { label: words.lastRun, value: <LastRun view={view} /> },
      {
        label: said.changed,
        value: (
          <>
            <Time at={view.changed} /> {said.changedBy(view.changedBy, view.version)}
          </>
        ),
      },
    ]}
  />
)
