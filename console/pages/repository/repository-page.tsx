import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import { LIVE, useCall } from '../../api/use-call.ts'
import { PageLink } from '../../components/page-link.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { repository as words } from '../../text/repository.ts'
import { Care } from './care.tsx'
import { Facts } from './facts.tsx'
import { LockCalendar } from './lock-calendar.tsx'
import { NowModal } from './now-modal.tsx'
import { ScheduleModal } from './schedule-modal.tsx'

/** What is stored, until when it is locked, and whether somebody looks after it. */
export const Page = () => {
  const { data, error, refetch } = useCall('getRepository', {}, { every: LIVE.slow })
  const [open, setOpen] = useState<'schedule' | 'now'>()
  const close = () => setOpen(undefined)
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        {...(data && {
          description: data.address,
          actions: (
            <PageLink to="/repository/holds">
              {words.holdsLink(data.holds.toLocaleString('en'))}
            </PageLink>
          ),
        })}
      >
        {words.title}
      </Header>
      {error && (
        <ProblemAlert
          error={error}
          title={data ? words.stale : words.failed}
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <StatusIndicator type="loading">{words.loading}</StatusIndicator>}
      {data && (
        <SpaceBetween size="l">
          <Facts points={data.points} stored={data.stored} />
          <Care view={data} onEdit={() => setOpen('schedule')} onNow={() => setOpen('now')} />
          {data.locks && <LockCalendar locks={data.locks} />}
        </SpaceBetween>
      )}
      {data && open === 'schedule' && <ScheduleModal schedule={data.schedule} onClose={close} />}
      {data && open === 'now' && <NowModal hasCopy={data.replica !== undefined} onClose={close} />}
    </SpaceBetween>
  )
}
