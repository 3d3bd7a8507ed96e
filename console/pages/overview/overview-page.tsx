import ColumnLayout from '@cloudscape-design/components/column-layout'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { useTimeText } from '../../components/time.tsx'
import { overview as words } from '../../text/overview.ts'
import { Answers } from './answers.tsx'
import { FirstSteps } from './first-steps.tsx'
import { Next, Runs, Vms } from './numbers.tsx'
import { Problems } from './problems.tsx'
import './overview-page.css'
import { Trends } from './trends.tsx'

/** How everything stands, for whoever has ten seconds. */
export const Page = () => {
  const { data, error, refetch } = useCall('getOverview')
  const timeText = useTimeText()
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        {...(data && { description: words.description(timeText(data.vms.asOf)) })}
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
          <FirstSteps vms={data.vms} />
          <Answers answers={data.answers} />
          <Problems problems={data.problems} moreProblems={data.moreProblems} />
          <ColumnLayout columns={3} minColumnWidth={280}>
            <Vms vms={data.vms} />
            <Runs runs={data.runs} />
            <Next next={data.next} />
          </ColumnLayout>
          <Trends />
        </SpaceBetween>
      )}
    </SpaceBetween>
  )
}
