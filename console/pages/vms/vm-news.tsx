import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useLocation } from 'wouter'
import type { VmDetail } from '#core/contracts/vms-api.ts'
import { useMay } from '../../api/may.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Time } from '../../components/time.tsx'
import { vm as words } from '../../text/vm.ts'

/** What whoever opens the page should see first. */
export const VmNews = ({
  detail: { vm, policies, unusual, beforeChange },
  ask,
}: {
  detail: VmDetail
  ask: (what: 'acknowledge') => void
}) => {
  const [, go] = useLocation()
  const may = useMay()
  const isProtected = !vm || vm.standby || vm.discarded || policies.some(policy => policy.protects)
  if (vm && !unusual && isProtected && !vm.discarded) return null
  return (
    <SpaceBetween size="s">
      {unusual && (
        <Alert
          type={unusual.suspicious ? 'error' : 'warning'}
          header={unusual.suspicious ? words.suspicious : words.unusual}
          action={
            <Button {...may('acknowledgeChange')} onClick={() => ask('acknowledge')}>
              {words.acknowledging.action}
            </Button>
          }
        >
          {words.ofPoint} <Time at={unusual.taken} />: {unusual.text}
          {beforeChange && (
            <Box variant="p">
              {beforeChange.text}{' '}
              {beforeChange.pointId !== undefined && beforeChange.taken !== undefined && (
                <>
                  <PageLink to={`/restore?point=${beforeChange.pointId}`}>
                    {words.restoreBefore}
                  </PageLink>{' '}
                  (<Time at={beforeChange.taken} />)
                </>
              )}
            </Box>
          )}
        </Alert>
      )}
      {!vm && (
        <Alert type="info" header={words.gone}>
          {words.goneAdvice}
        </Alert>
      )}
      {vm?.discarded && (
        <Alert type="info" header={words.pooled}>
          {words.pooledWhy}
        </Alert>
      )}
      {!isProtected && (
        <Alert
          type="warning"
          header={words.unprotected}
          action={
            <Button {...may('createPolicy')} onClick={() => go(`/policies/new?vms=${vm.uuid}`)}>
              {words.protect}
            </Button>
          }
        >
          {words.unprotectedAdvice}
        </Alert>
      )}
    </SpaceBetween>
  )
}
