// The curves of the I/O models: one picture a work, a line a series, log axes where the range asks for it.
import { groupBy, median, short } from '../figures.mjs';

const curvesByWork = {
  'idle-cost': { title: 'CPU per request beside idle connections', x: 'idle connections', unit: 'µs', y: c => c.cpuPerRequest, logX: true, logY: true },
  'reply-rate': { title: 'Replies a second against requests offered', x: 'offered per second', unit: 'replies per second', y: c => c.requestsPerSecond, logX: true, logY: true },
  'rtsig-queue': { title: 'Signal queue overflows against its limit', x: 'RLIMIT_SIGPENDING', unit: 'overflows per 1,000 requests', y: c => c.figures?.overflowsPerThousand, logX: true },
  'trigger': { title: 'epoll_ctl calls per request by trigger', unit: 'calls', y: c => c.figures?.epollCtlPerRequest, bars: true },
  'trigger-cost': { title: 'CPU per request by trigger', unit: 'µs', y: c => c.cpuPerRequest, bars: true },
  'accept': { title: 'Connections a second by accept strategy (Connection: close)', unit: 'connections per second', y: c => c.requestsPerSecond, bars: true },
};

export function curves(result) {
  if (result.kind !== 'models') return [];
  const cells = result.cells.filter(c => !c.refused);
  return [...groupBy(cells, c => c.work)]
    .filter(([work]) => curvesByWork[work])
    .map(([work, of]) => curvesByWork[work].bars ? bars(work, curvesByWork[work], of) : lines(work, curvesByWork[work], of));
}

function lines(work, shape, cells) {
  // A log axis has no 0: no idle connection at all is drawn at 1 and labelled as what it is.
  const at = c => shape.logX ? Math.max(1, c.at) : c.at;
  const series = [...groupBy(cells, c => c.series)].map(([name, of]) => ({
    name,
    type: 'line',
    symbolSize: 6,
    lineStyle: { width: 2 },
    data: [...groupBy(of, at)].map(([x, points]) => [x, median(points.map(shape.y))]).filter(([, y]) => y > 0).sort((p, q) => p[0] - q[0]),
  }));
  return {
    name: work,
    title: shape.title,
    height: 400,
    option: {
      title: { text: shape.title, subtext: shape.unit },
      grid: { left: 64, right: 30, top: 62, bottom: 40 + 24 * Math.ceil(series.length / 5) + 22 },
      legend: {},
      xAxis: { type: shape.logX ? 'log' : 'value', name: shape.x, nameLocation: 'middle', nameGap: 26, axisLabel: { formatter: v => v === 1 && work === 'idle-cost' ? '0' : short(v) } },
      yAxis: { type: shape.logY ? 'log' : 'value', axisLabel: { formatter: short } },
      series,
    },
  };
}

function bars(work, shape, cells) {
  const rows = [...groupBy(cells, c => c.series)].map(([name, of]) => [name, median(of.map(shape.y))]).filter(([, y]) => y !== null).reverse();
  return {
    name: work,
    title: shape.title,
    height: 110 + rows.length * 34,
    option: {
      title: { text: shape.title, subtext: shape.unit },
      grid: { left: 200, right: 70, top: 62, bottom: 30 },
      xAxis: { type: 'value', axisLabel: { formatter: short } },
      yAxis: { type: 'category', data: rows.map(([name]) => name) },
      series: [{ type: 'bar', data: rows.map(([, value]) => value), barWidth: 16, label: { show: true, position: 'right', formatter: p => short(p.value) } }],
    },
  };
}
