import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useCall } from '../../api/use-call.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { notifications } from '../../text/notifications.ts'
import { SettingsForm } from './settings-form.tsx'

const words = notifications.settings

export const Settings = () => {
  const settings = useCall('getNotificationSettings')
  const channels = useCall('listChannels', { query: { limit: 1_000 } })
  const error = settings.error ?? channels.error
  const isLoaded = settings.data !== undefined && channels.data !== undefined
  return (
    <SpaceBetween size="l">
      <Header variant="h2" description={words.description}>
        {words.title}
      </Header>
      {error && (
        <ProblemAlert
          error={error}
          title={words.failed}
          onRetry={() => {
            void settings.refetch()
            void channels.refetch()
          }}
        />
      )}
      {!isLoaded && !error && <StatusIndicator type="loading">{words.loading}</StatusIndicator>}
      {isLoaded && <SettingsForm saved={settings.data} channels={channels.data.items} />}
    </SpaceBetween>
  )
}
