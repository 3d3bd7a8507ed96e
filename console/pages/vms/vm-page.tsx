import SpaceBetween from '@cloudscape-design/components/space-between'
import { lazy, Suspense, useState } from 'react'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { PageLoading } from '../../shell/page-loading.tsx'
import { vm as words } from '../../text/vm.ts'
import { BackUpModal } from './back-up-modal.tsx'
import { HoldModal } from './hold-modal.tsx'
import { ReleaseModal } from './release-modal.tsx'
import { VmDisks } from './vm-disks.tsx'
import { VmFacts } from './vm-facts.tsx'
import { VmHeader } from './vm-header.tsx'
import { VmNews } from './vm-news.tsx'
import { VmPoints } from './vm-points.tsx'
import { VmProtection } from './vm-protection.tsx'
import { VmRuns } from './vm-runs.tsx'

const VmCharts = lazy(async () => ({ default: (await import('./vm-charts.tsx')).VmCharts }))

/** All of one virtual machine. */
export const Page = ({ vmUuid }: { vmUuid: string }) => {
  const { data, error, refetch } = useCall('getVm', { params: { vmUuid } })
  const [asking, ask] = useState<'backup' | 'hold' | 'release'>()
  const close = () => ask(undefined)
  if (!data && error === null) return <PageLoading />
  const problem = error !== null && (
    <ProblemAlert
      error={error}
      title={data ? words.stale : words.failed}
      onRetry={() => void refetch()}
    />
  )
  if (!data) return problem
  return (
    <SpaceBetween size="l">
      {problem}
      <VmHeader detail={data} ask={ask} />
      <VmNews detail={data} />
      <VmFacts detail={data} />
      <VmPoints detail={data} />
      <Suspense fallback={<PageLoading />}>
        <VmCharts vmUuid={vmUuid} />
      </Suspense>
      <VmProtection detail={data} />
      <VmDisks detail={data} />
      <VmRuns runs={data.runs} />
      {asking === 'backup' && <BackUpModal vms={[data]} onClose={close} />}
      {asking === 'hold' && <HoldModal on={{ vmUuid }} name={data.name} onClose={close} />}
      {asking === 'release' && <ReleaseModal on={{ vmUuid }} name={data.name} onClose={close} />}
    </SpaceBetween>
  )
}
