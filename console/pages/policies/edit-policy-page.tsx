import { useState } from 'react'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import { useCall } from '../../api/use-call.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { navigation } from '../../text/navigation.ts'
import { wizard as words } from '../../text/policy-wizard/frame.ts'
import { inputOf } from './policy-input.ts'
import { KeptWizard } from './wizard/kept-wizard.tsx'

export const Page = ({ policyId }: { policyId: string }) => {
  // As it was when the wizard opened: a change from it must not pass for one from a state that the person never saw.
  const [found, setFound] = useState<PolicyView>()
  const { data, error, refetch, isFetching } = useCall(
    'getPolicy',
    { params: { policyId } },
    { every: false, enabled: found === undefined },
  )
  if (found) return <KeptWizard slot={policyId} begin={inputOf(found.policy)} of={found} />
  if (data && !isFetching && !error) setFound(data)
  return (
    <PageWithoutData
      {...{ title: navigation.policy, loading: words.loading, error }}
      onRetry={() => void refetch()}
    />
  )
}
