import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { useCall } from '../../api/use-call.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { guestPage as words } from '../../text/guests.ts'
import { navigation } from '../../text/navigation.ts'
import { RenameModal } from '../gateways/rename-modal.tsx'
import { BackUpModal } from './back-up-modal.tsx'
import { type Component, componentsOf } from './component.ts'
import { Components } from './components.tsx'
import { DrillModal } from './drill-modal.tsx'
import { GuestActions } from './guest-actions.tsx'
import { GuestFacts } from './guest-facts.tsx'
import { GuestPoints } from './guest-points.tsx'
import { RevokeModal } from './revoke-modal.tsx'
import { TellDrillModal } from './tell-drill-modal.tsx'

type Open =
  | { what: 'revoke' | 'rename' }
  | { what: 'back-up' | 'drill' | 'tell-drill'; component: Component }

/** All of one guest: what it is, what it saves, and what of it there is to restore. */
export const Page = ({ guestUuid }: { guestUuid: string }) => {
  const { data, error, refetch } = useCall('getGuest', { params: { guestUuid } })
  const [open, setOpen] = useState<Open>()
  const [, go] = useLocation()
  const onClose = () => setOpen(undefined)
  if (!data)
    return (
      <PageWithoutData
        {...{ title: navigation.guest, loading: words.loading, failed: words.failed, error }}
        onRetry={() => void refetch()}
      />
    )
  const components = componentsOf(data)
  return (
    <SpaceBetween size="l">
      {error !== null && (
        <ProblemAlert error={error} title={words.stale} onRetry={() => void refetch()} />
      )}
      <Header variant="h1" actions={<GuestActions guest={data} ask={what => setOpen({ what })} />}>
        {data.name}
      </Header>
      <GuestFacts guest={data} />
      <Components
        guest={data}
        components={components}
        ask={(what, component) => setOpen({ what, component })}
      />
      {components.length > 0 && <GuestPoints guestUuid={guestUuid} components={components} />}
      {open?.what === 'rename' && (
        <RenameModal gateway={data} done={words.renamed} onClose={onClose} />
      )}
      {open?.what === 'revoke' && (
        <RevokeModal guest={data} onClose={onClose} onRevoked={() => go('/guests')} />
      )}
      {open?.what === 'back-up' && (
        <BackUpModal guest={data} component={open.component} onClose={onClose} />
      )}
      {open?.what === 'drill' && (
        <DrillModal guest={data} component={open.component} onClose={onClose} />
      )}
      {open?.what === 'tell-drill' && (
        <TellDrillModal guest={data} component={open.component} onClose={onClose} />
      )}
    </SpaceBetween>
  )
}
