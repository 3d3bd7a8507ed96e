import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type Preferences, usePreferences } from '../../components/preferences.tsx'
import { settings } from '../../text/settings.ts'
import { shell } from '../../text/shell.ts'

const words = settings.browser
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

const THEMES = (['system', 'light', 'dark'] as const).map(value => ({
  value,
  label: shell.themes[value],
}))
const TIMES = [
  { value: 'browser', label: shell.timeZones.browser(ZONE) },
  { value: 'utc', label: shell.timeZones.utc },
]

export const ThisBrowser = () => {
  const { preferences, prefer } = usePreferences()
  return (
    <Container
      header={
        <Header variant="h2" description={words.hint}>
          {words.title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <FormField label={words.appearance}>
          <RadioGroup
            value={preferences.theme}
            items={THEMES}
            onChange={({ detail }) => prefer({ theme: detail.value as Preferences['theme'] })}
          />
        </FormField>
        <FormField label={words.times}>
          <RadioGroup
            value={preferences.times}
            items={TIMES}
            onChange={({ detail }) => prefer({ times: detail.value as Preferences['times'] })}
          />
        </FormField>
      </SpaceBetween>
    </Container>
  )
}
