import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Grid from '@cloudscape-design/components/grid'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { NotificationSettings } from '#core/contracts/channels-api.ts'
import { notifications } from '../../text/notifications.ts'
import { ChannelChoice, type Edits } from './channel-choice.tsx'

const words = notifications.settings

type Report = NotificationSettings['reports'][number]

export const ReportsEditor = ({
  reports,
  timeZone,
  onChange,
  ...rest
}: { reports: readonly Report[]; timeZone: string } & Edits<Report>) => {
  const replace = (index: number, part: Partial<Report>) =>
    onChange(reports.map((report, at) => (at === index ? { ...report, ...part } : report)))
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button
              disabled={rest.disabled}
              onClick={() => onChange([...reports, { at: '07:30', timeZone, channelIds: [] }])}
            >
              {words.addReport}
            </Button>
          }
        >
          {words.reports}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {reports.length === 0 && words.noReports}
        {reports.map((report, index) => (
          <Grid
            key={words.removeReport(index + 1)}
            gridDefinition={[2, 3, 5, 2].map(s => ({ colspan: { default: 12, s } }))}
          >
            <FormField label={words.at}>
              <Input
                value={report.at}
                readOnly={rest.disabled}
                onChange={({ detail }) => replace(index, { at: detail.value })}
              />
            </FormField>
            <FormField label={words.zone}>
              <Input
                value={report.timeZone}
                readOnly={rest.disabled}
                onChange={({ detail }) => replace(index, { timeZone: detail.value })}
              />
            </FormField>
            <ChannelChoice
              {...rest}
              chosen={report.channelIds}
              onChange={channelIds => replace(index, { channelIds })}
            />
            <Button
              disabled={rest.disabled}
              ariaLabel={words.removeReport(index + 1)}
              onClick={() => onChange(reports.filter((_, at) => at !== index))}
            >
              {words.remove}
            </Button>
          </Grid>
        ))}
      </SpaceBetween>
    </Container>
  )
}
