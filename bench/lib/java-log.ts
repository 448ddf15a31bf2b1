import { padded } from './access-log.ts'
import { writeLines } from './line-file.ts'

const frames = [
  'at org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter.handleInternal(RequestMappingHandlerAdapter.java:895) ~[spring-webmvc-6.1.14.jar!/:6.1.14]',
  'at org.springframework.web.method.support.InvocableHandlerMethod.doInvoke(InvocableHandlerMethod.java:255) ~[spring-web-6.1.14.jar!/:6.1.14]',
  'at org.apache.catalina.core.ApplicationFilterChain.internalDoFilter(ApplicationFilterChain.java:195) ~[tomcat-embed-core-10.1.31.jar!/:na]',
  'at com.example.shop.order.OrderController.create(OrderController.java:87) ~[classes!/:0.0.1-SNAPSHOT]',
  'at java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1144) ~[na:na]',
]

/** Half of the events are one line, half a trace of 1 + 4 to 12 lines: event `index` has this many lines. */
export function eventLines(index: number): number {
  return index % 2 === 0 ? 1 : 5 + ((Math.imul(index + 1, 2_654_435_761) >>> 0) % 9)
}

/** Line `line` of event `index` of a Java service's log, as wide as an access line, without its line feed. */
export function javaLine(index: number, line: number): string {
  const time = new Date(1_760_000_000_000 + index * 37).toISOString()
  const lines = eventLines(index)
  if (lines === 1)
    return padded(`${time} INFO  [http-nio-8080-exec-7] c.e.shop.order.OrderController : order ${index} created`)
  if (line === 0) {
    return padded(
      `${time} ERROR [http-nio-8080-exec-7] c.e.shop.order.OrderController : java.lang.IllegalStateException: order ${index} is gone`,
    )
  }
  if (line === lines - 3)
    return padded(
      `Caused by: java.sql.SQLTransientConnectionException: no connection within 30000 ms for order ${index}`,
    )
  if (line === lines - 1) return padded(`\t... ${40 + (index % 50)} common frames omitted`)
  return padded(`\t${frames[(index + line) % frames.length]}`)
}

/**
 * Writes at least `lines` lines, all of them whole events but for the last, which is a single line that closes the one before it.
 * Returns how many lines it wrote and in which line each event begins.
 */
export async function writeJavaLog(path: string, lines: number): Promise<{ lines: number; starts: number[] }> {
  const starts: number[] = []
  let written = 0
  for (let event = 0; written < lines || eventLines(event) !== 1; event++) {
    starts.push(written)
    written += eventLines(event)
  }
  starts.push(written++)
  let event = 0
  let line = 0
  await writeLines(path, written, () => {
    if (line === eventLines(event)) {
      event++
      line = 0
    }
    return Buffer.from(`${javaLine(event, line++)}\n`, 'latin1')
  })
  return { lines: written, starts }
}
