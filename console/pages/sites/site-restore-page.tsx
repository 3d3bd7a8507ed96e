import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import type { SiteRestoreView } from '#core/contracts/site-restores-api.ts'
import { useMay } from '../../api/may.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { Time } from '../../components/time.tsx'
import { navigation } from '../../text/navigation.ts'
import { siteRestore as words } from '../../text/sites.ts'
import { STEPS_SHOWN } from './plan.tsx'
import { RestoreSteps } from './restore-steps.tsx'
import { Sentences } from './sentences.tsx'
import { RestoreState } from './site-restores.tsx'

/** A restore of a site: its steps, how each stands, and what can be done next. */
export const Page = ({ restoreId }: { restoreId: string }) => {
  const [asks, setAsks] = useState(false)
  const may = useMay()
  const { data, error, refetch } = useCall(
    'getSiteRestore',
    { params: { restoreId }, query: { limit: STEPS_SHOWN } },
    { every: reply => (reply?.restore.steps.running ? LIVE.run : LIVE.list) },
  )
  if (!data)
    return (
      <PageWithoutData
        {...{ title: navigation.siteRestore, loading: words.loading, failed: words.failed, error }}
        onRetry={() => void refetch()}
      />
    )
  const { restore, steps, next } = data
  return (
    <SpaceBetween size="l">
      {error !== null && (
        <ProblemAlert error={error} title={words.stale} onRetry={() => void refetch()} />
      )}
      <Header
        variant="h1"
        actions={
          restore.state === 'open' && (
            <Button {...may('endSiteRestore')} onClick={() => setAsks(true)}>
              {words.end}
            </Button>
          )
        }
      >
        {words.title(restore.siteName)}
      </Header>
      <Alert type={restore.steps.failed || restore.steps['action-required'] ? 'warning' : 'info'}>
        {restore.line}
      </Alert>
      <Facts restore={restore} />
      <RestoreSteps restoreId={restoreId} steps={steps} open={restore.state === 'open'} />
      {next !== undefined && words.more(steps.length)}
      {asks && <EndModal restoreId={restoreId} onClose={() => setAsks(false)} />}
    </SpaceBetween>
  )
}

const Facts = ({ restore }: { restore: SiteRestoreView }) => {
  const counts = Object.values(restore.steps).reduce((sum, count) => sum + count, 0)
  const { done = 0, skipped = 0 } = restore.steps
  return (
    <Container header={<Header variant="h2">{words.facts}</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={4}
          items={[
            {
              label: words.site,
              value: <PageLink to={`/sites/${restore.siteId}`}>{restore.siteName}</PageLink>,
            },
            {
              label: words.point,
              value: (
                <PageLink to={`/sites/${restore.siteId}/points/${restore.pointId}`}>
                  <Time at={restore.taken} />
                </PageLink>
              ),
            },
            {
              label: words.startedBy,
              value: (
                <>
                  <Time at={restore.started} /> {words.by(restore.startedBy)}
                </>
              ),
            },
            {
              label: words.steps,
              value: (
                <>
                  <RestoreState state={restore.state} /> {words.stepsDone(done + skipped, counts)}
                </>
              ),
            },
          ]}
        />
        <Sentences title={words.notes} texts={restore.notes} />
      </SpaceBetween>
    </Container>
  )
}

const EndModal = ({ restoreId, onClose }: { restoreId: string; onClose: () => void }) => {
  const { ask, dialogue } = useAskedDeed('endSiteRestore', { told: () => words.ended, onClose })
  return (
    <FormModal
      {...dialogue}
      title={words.endTitle}
      action={words.end}
      ready
      onSubmit={() => ask({ params: { restoreId }, body: {} })}
    >
      {words.endText}
    </FormModal>
  )
}
