import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { notifications as words } from '../../text/notifications.ts'
import { Channels } from './channels.tsx'
import { Sent } from './sent.tsx'
import { Settings } from './settings.tsx'

export const Page = () => (
  <SpaceBetween size="m">
    <Header variant="h1">{words.title}</Header>
    <Tabs
      ariaLabel={words.title}
      tabs={[
        { id: 'sent', label: words.tabs.sent, content: <Sent /> },
        { id: 'channels', label: words.tabs.channels, content: <Channels /> },
        { id: 'settings', label: words.tabs.settings, content: <Settings /> },
      ]}
    />
  </SpaceBetween>
)
