import Alert from '@cloudscape-design/components/alert'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { useCall } from '../../api/use-call.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { Time } from '../../components/time.tsx'
import { gateways } from '../../text/gateways.ts'
import { navigation } from '../../text/navigation.ts'
import { GatewayActions } from './gateway-actions.tsx'
import { GatewayFacts } from './gateway-facts.tsx'
import { GatewayJobs } from './gateway-jobs.tsx'
import { GatewayPlan } from './gateway-plan.tsx'
import { GatewayPools } from './gateway-pools.tsx'
import { GatewayStory } from './gateway-story.tsx'
import { RenameModal } from './rename-modal.tsx'
import { RevokeModal } from './revoke-modal.tsx'

const words = gateways.page

/** All of one gateway. */
export const Page = ({ gatewayId }: { gatewayId: string }) => {
  const { data, error, refetch } = useCall('getGateway', { params: { gatewayId } })
  const [asking, ask] = useState<'rename' | 'revoke'>()
  const [, go] = useLocation()
  if (!data)
    return (
      <PageWithoutData
        {...{ title: navigation.gateway, loading: words.loading, failed: words.failed, error }}
        onRetry={() => void refetch()}
      />
    )
  const { revokedAt } = data
  return (
    <SpaceBetween size="l">
      {error !== null && (
        <ProblemAlert error={error} title={words.stale} onRetry={() => void refetch()} />
      )}
      <Header
        variant="h1"
        actions={
          revokedAt === undefined && (
            <GatewayActions gateway={data} variant="normal" ask={what => ask(what)} />
          )
        }
      >
        {data.name}
      </Header>
      {revokedAt !== undefined && (
        <Alert type="info" header={words.revoked}>
          <Time at={revokedAt} />. {words.revokedWhat}
        </Alert>
      )}
      <GatewayFacts gateway={data} />
      <GatewayJobs gateway={data} />
      <GatewayPools gateway={data} />
      <GatewayPlan gateway={data} />
      <GatewayStory story={data.story} />
      {asking === 'rename' && <RenameModal gateway={data} onClose={() => ask(undefined)} />}
      {asking === 'revoke' && (
        <RevokeModal
          gateway={data}
          onClose={() => ask(undefined)}
          onRevoked={() => go('/gateways')}
        />
      )}
    </SpaceBetween>
  )
}
