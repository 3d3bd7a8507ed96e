import Alert from '@cloudscape-design/components/alert'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { VmDetail } from '#core/contracts/vms-api.ts'
import { Time } from '../../components/time.tsx'
import { vm as words } from '../../text/vm.ts'

/** What whoever opens the page should see first. */
export const VmNews = ({ detail: { vm, policies } }: { detail: VmDetail }) => {
  if (!vm)
    return (
      <Alert type="info" header={words.gone}>
        {words.goneAdvice}
      </Alert>
    )
  const { unusual, standby } = vm
  const isProtected = standby || policies.some(policy => policy.protects)
  if (!unusual && isProtected) return null
  return (
    <SpaceBetween size="s">
      {unusual && (
        <Alert
          type={unusual.suspicious ? 'error' : 'warning'}
          header={unusual.suspicious ? words.suspicious : words.unusual}
        >
          {words.ofPoint} <Time at={unusual.taken} />: {unusual.text}
        </Alert>
      )}
      {!isProtected && (
        <Alert type="warning" header={words.unprotected}>
          {words.unprotectedAdvice}
        </Alert>
      )}
    </SpaceBetween>
  )
}
