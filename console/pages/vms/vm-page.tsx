import SpaceBetween from '@cloudscape-design/components/space-between'
import { lazy, Suspense, useState } from 'react'
import { useCall } from '../../api/use-call.ts'
import { PlaceHold } from '../../components/holds/place-hold.tsx'
import { ReleaseHold } from '../../components/holds/release-hold.tsx'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { LastJobs } from '../../components/run/last-jobs.tsx'
import { PageLoading } from '../../shell/page-loading.tsx'
import { holds } from '../../text/holds.ts'
import { navigation } from '../../text/navigation.ts'
import { vm as words } from '../../text/vm.ts'
import { AcknowledgeModal } from './acknowledge-modal.tsx'
import { BackUpModal } from './back-up-modal.tsx'
import { VmDisks } from './vm-disks.tsx'
import { VmFacts } from './vm-facts.tsx'
import { VmHeader } from './vm-header.tsx'
import { VmNews } from './vm-news.tsx'
import { VmPoints } from './vm-points.tsx'
import { VmProtection } from './vm-protection.tsx'

const VmCharts = lazy(async () => ({ default: (await import('./vm-charts.tsx')).VmCharts }))

/** All of one virtual machine. */
export const Page = ({ vmUuid }: { vmUuid: string }) => {
  const { data, error, refetch } = useCall('getVm', { params: { vmUuid } })
  const [asking, ask] = useState<'backup' | 'hold' | 'release' | 'acknowledge'>()
  const close = () => ask(undefined)
  if (!data)
    return (
      <PageWithoutData
        {...{ title: navigation.vm, loading: words.loading, failed: words.failed, error }}
        onRetry={() => void refetch()}
      />
    )
  return (
    <SpaceBetween size="l">
      {error !== null && (
        <ProblemAlert error={error} title={words.stale} onRetry={() => void refetch()} />
      )}
      <VmHeader detail={data} ask={ask} />
      <VmNews detail={data} ask={ask} />
      <VmFacts detail={data} />
      <VmPoints detail={data} />
      <Suspense fallback={<PageLoading />}>
        <VmCharts vmUuid={vmUuid} />
      </Suspense>
      <VmProtection detail={data} />
      <VmDisks detail={data} />
      <LastJobs runs={data.runs} />
      {asking === 'backup' && <BackUpModal vms={[data]} onClose={close} />}
      {asking === 'acknowledge' && data.unusual && (
        <AcknowledgeModal
          pointId={data.unusual.pointId}
          taken={data.unusual.taken}
          onClose={close}
        />
      )}
      {asking === 'hold' && (
        <PlaceHold on={{ vmUuid }} title={holds.place.titleVm(data.name)} onClose={close} />
      )}
      {asking === 'release' && <ReleaseHold on={{ vmUuid }} name={data.name} onClose={close} />}
    </SpaceBetween>
  )
}
