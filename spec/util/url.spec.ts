import { expect } from 'chai'
import { parseUrl } from '../../lib/util/url.ts'

describe('parseUrl(url, base)', () => {
  it('parses a URL, and returns undefined for anything else', () => {
    expect(parseUrl('https://a.example/b')?.href).to.equal('https://a.example/b')
    expect(parseUrl('/b', 'https://a.example')?.href).to.equal('https://a.example/b')
    expect(parseUrl('/b')).to.equal(undefined)
    expect(parseUrl('')).to.equal(undefined)
  })

  it('parses Latin-1 characters any number of times', () => {
    let read = 0
    for (let n = 0; n < 100_000; n += 1) if (parseUrl('https://BÜCHER.example/x')) read += 1
    expect(read).to.equal(100_000)
  })
})
