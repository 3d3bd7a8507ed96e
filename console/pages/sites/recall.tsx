import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useLocation } from 'wouter'
import { useMay } from '../../api/may.ts'
import { useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { sitePage, siteRecall as words } from '../../text/sites.ts'

/** After a lost catalog: a gateway reads in the repository what the site point names. The page looks again by itself. */
export const Recall = ({ pointId }: { pointId: string }) => {
  const [, go] = useLocation()
  const may = useMay()
  const { tell, tellProblem } = useNotices()
  const { mutate, isPending } = useDeed('startRun')
  const start = () =>
    mutate(
      { body: { kind: 'site-plan', pointId } },
      {
        onSuccess: ({ runId }) =>
          tell({
            type: 'info',
            content: words.started,
            action: <Button onClick={() => go(`/runs/${runId}`)}>{sitePage.watch}</Button>,
          }),
        onError: error => tellProblem(words.read, error),
      },
    )
  return (
    <Container header={<Header variant="h2">{words.title}</Header>}>
      <SpaceBetween size="s">
        {words.text}
        <Button loading={isPending} {...may('startRun')} onClick={start}>
          {words.read}
        </Button>
      </SpaceBetween>
    </Container>
  )
}
