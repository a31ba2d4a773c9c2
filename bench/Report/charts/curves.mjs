// The curves of the I/O models: one picture a work, a line a series, log axes where the range asks for it.
import { groupBy, median, short } from '../figures.mjs';
import { colours, legendRows } from '../theme.mjs';

const curvesByWork = {
  'idle-cost': { title: 'CPU per request beside idle connections', x: 'idle connections', unit: 'µs', y: c => c.cpuPerRequest, logX: true, logY: true },
  'reply-rate': { title: 'Replies a second against requests offered', x: 'offered per second', unit: 'replies per second', y: c => c.requestsPerSecond, logX: true, logY: true },
  'rtsig-queue': { title: 'Signal queue overflows against its limit', x: 'RLIMIT_SIGPENDING', unit: 'overflows per 1,000 requests', y: c => c.figures?.overflowsPerThousand, logX: true },
  'trigger': { title: 'epoll_ctl calls per request by trigger', unit: 'calls', y: c => c.figures?.epollCtlPerRequest, bars: true },
  'trigger-cost': { title: 'CPU per request by trigger', unit: 'µs', y: c => c.cpuPerRequest, bars: true },
  'accept': { title: 'Connections a second by accept strategy (Connection: close)', unit: 'connections per second', y: c => c.requestsPerSecond, bars: true },
};

const patterns = ['solid', 'dashed', 'dotted'];
const partsOf = series => [series.split(', ')[0], series.split(', ').slice(1).join(', ')];

export function curves(result, narrow) {
  if (result.kind !== 'models') return [];
  const cells = result.cells.filter(c => !c.refused);
  return [...groupBy(cells, c => c.work)]
    .filter(([work]) => curvesByWork[work])
    .map(([work, of]) => curvesByWork[work].bars ? bars(work, curvesByWork[work], of, narrow) : lines(work, curvesByWork[work], of, narrow));
}

function lines(work, shape, cells, narrow) {
  // A log axis has no 0: no idle connection at all is drawn at 1 and labelled as what it is.
  const at = c => shape.logX ? Math.max(1, c.at) : c.at;
  // A colour a server; what tells several curves of one apart ("epoll, 1,000 idle") is the line's pattern.
  const [servers, kinds] = [0, 1].map(part => [...new Set(cells.map(c => partsOf(c.series)[part]))]);
  const series = [...groupBy(cells, c => c.series)].map(([name, of]) => ({
    name,
    type: 'line',
    symbolSize: 6,
    color: colours[servers.indexOf(partsOf(name)[0]) % colours.length],
    lineStyle: { width: 2, type: patterns[kinds.indexOf(partsOf(name)[1]) % patterns.length] },
    data: [...groupBy(of, at)].map(([x, points]) => [x, median(points.map(shape.y))]).filter(([, y]) => y > 0 || (y === 0 && !shape.logY)).sort((p, q) => p[0] - q[0]),
  }));
  const legend = 24 * legendRows(series.map(one => one.name), narrow ? 360 : 720);
  return {
    name: work,
    title: shape.title,
    says: shape.unit,
    height: 330 + legend,
    option: {
      grid: { left: narrow ? 48 : 64, right: 30, bottom: 56 + legend },
      legend: {},
      xAxis: { type: shape.logX ? 'log' : 'value', name: shape.x, nameLocation: 'middle', nameGap: 26, axisLabel: { formatter: v => v === 1 && work === 'idle-cost' ? '0' : short(v) } },
      yAxis: { type: shape.logY ? 'log' : 'value', axisLabel: { formatter: short } },
      series,
    },
  };
}

function bars(work, shape, cells, narrow) {
  const rows = [...groupBy(cells, c => c.series)].map(([name, of]) => [name, median(of.map(shape.y))]).filter(([, y]) => y !== null).reverse();
  return {
    name: work,
    title: shape.title,
    says: shape.unit,
    height: 110 + rows.length * 40,
    option: {
      grid: { left: narrow ? 174 : 190, right: narrow ? 46 : 70, bottom: 30 },
      xAxis: { type: 'value', splitNumber: narrow ? 3 : 5, axisLabel: { formatter: short } },
      yAxis: { type: 'category', data: rows.map(([name]) => name.replace(/:(?=[^:]*$)/, ':\n')), axisLabel: { fontSize: narrow ? 11 : 12 } },
      series: [{ type: 'bar', data: rows.map(([, value]) => value), barWidth: 16, label: { show: true, position: 'right', formatter: p => short(p.value) } }],
    },
  };
}
