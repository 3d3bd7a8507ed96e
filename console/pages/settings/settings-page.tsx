import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { settings as words } from '../../text/settings.ts'
import { About } from './about.tsx'
import { Region } from './region.tsx'
import { Restores } from './restores.tsx'
import { ThisBrowser } from './this-browser.tsx'
import { Tokens } from './tokens.tsx'

export const Page = () => (
  <SpaceBetween size="m">
    <Header variant="h1" description={words.description}>
      {words.title}
    </Header>
    <Tabs
      ariaLabel={words.title}
      tabs={[
        { id: 'general', label: words.tabs.general, content: <General /> },
        { id: 'tokens', label: words.tabs.tokens, content: <Tokens /> },
      ]}
    />
  </SpaceBetween>
)

const General = () => (
  <SpaceBetween size="l">
    <Region />
    <Restores />
    <ThisBrowser />
    <About />
  </SpaceBetween>
)
