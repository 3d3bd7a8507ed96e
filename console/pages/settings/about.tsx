import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import { useDeed } from '../../api/use-call.ts'
import { download } from '../../components/download.ts'
import { useNotices } from '../../components/notices.tsx'
import { settings } from '../../text/settings.ts'

const words = settings.about

export const About = () => {
  const { tellProblem } = useNotices()
  const load = useDeed('getOpenapi', {
    onDone: document =>
      download('openapi.json', 'application/json', `${JSON.stringify(document, null, 2)}\n`),
  })
  return (
    <Container header={<Header variant="h2">{words.title}</Header>}>
      <KeyValuePairs
        columns={2}
        items={[
          { label: words.version, value: import.meta.env.VITE_VERSION },
          {
            label: words.api,
            value: (
              <>
                <Box variant="p">{words.apiHint}</Box>
                <Button
                  iconName="download"
                  loading={load.isPending}
                  onClick={() =>
                    load.mutate({}, { onError: error => tellProblem(words.failed, error) })
                  }
                >
                  {words.download}
                </Button>
              </>
            ),
          },
        ]}
      />
    </Container>
  )
}
