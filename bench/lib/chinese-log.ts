import { lineBytes } from './access-log.ts'
import { writeLines } from './line-file.ts'

/** Chinese characters of each line; the rest is ASCII, so that every line has the same bytes in GBK and the same in UTF-8. */
const wideCharacters = 60
/** Bytes of a line with its line feed, in GBK. */
export const gbkLineBytes = lineBytes
/** Bytes of the same line without its line feed, in UTF-8. */
export const chineseValueBytes = lineBytes - 1 + wideCharacters

const asciiCharacters = lineBytes - 1 - 2 * wideCharacters
const passage =
  '用户登录成功请求已经处理完毕订单服务正在查询库存数据缓存未命中改为读取数据库主从同步延迟超过阈值消息已写入队列等待消费' +
  '支付回调验证签名失败重试次数达到上限网络连接被对方重置线程池任务堆积系统负载升高触发限流策略日志采集服务运行正常配置更新完成'

/** Line `index` as text: a service's log line, half ASCII, half Chinese. */
export function chineseLine(index: number): string {
  return asciiPart(index) + widePart(index % passage.length)
}

/** Writes `count` lines as GBK to one file and, as what must come of them, their UTF-8 without line feeds to another. */
export async function writeChineseLog(gbkPath: string, utf8Path: string, count: number): Promise<void> {
  const encode = gbkEncoder()
  const wide = Array.from({ length: passage.length }, (_, turn) => {
    const text = widePart(turn)
    return { gbk: Buffer.concat([encode(text), Buffer.from('\n')]), utf8: Buffer.from(text) }
  })
  const join = (index: number, part: Buffer): Buffer => Buffer.concat([Buffer.from(asciiPart(index), 'latin1'), part])
  const partOf = (index: number): { gbk: Buffer; utf8: Buffer } => wide[index % wide.length] as (typeof wide)[number]
  await writeLines(gbkPath, count, (index) => join(index, partOf(index).gbk))
  await writeLines(utf8Path, count, (index) => join(index, partOf(index).utf8))
}

function asciiPart(index: number): string {
  const time = new Date(1_760_000_000_000 + index * 37).toISOString()
  const mixed = Math.imul(index + 1, 2_654_435_761) >>> 0
  const text = `${time} [http-nio-8080-exec-${mixed % 200}] INFO  com.example.order.OrderService ${index} - `
  return text.padEnd(asciiCharacters, '.').slice(0, asciiCharacters)
}

function widePart(turn: number): string {
  return (passage + passage).slice(turn, turn + wideCharacters)
}

/** Node.js decodes GBK and does not encode it: the table is the decoder's, the other way round. */
function gbkEncoder(): (text: string) => Buffer {
  const decoder = new TextDecoder('gbk')
  const codes = new Map<string, number>()
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const character = decoder.decode(Uint8Array.of(lead, trail))
      if (character.length === 1 && character !== '\ufffd') codes.set(character, (lead << 8) | trail)
    }
  }
  return (text) => {
    const bytes = Buffer.alloc(text.length * 2)
    for (let at = 0; at < text.length; at++) {
      const code = codes.get(text.charAt(at))
      if (code === undefined) throw new Error(`GBK has no ${text.charAt(at)}.`)
      bytes.writeUInt16BE(code, at * 2)
    }
    return bytes
  }
}
