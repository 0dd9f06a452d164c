package gen

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"time"
)

// models are the elements that the probe requests of devices of one model have.
var models = []string{
	`"wlan_tag_vendor_data":["0a:00:01:04:00:00:00:00","02:00:00:10:00:00"],"wlan_tag_vendor_oui_type":["10","8","2"],"wlan_tag_oui":["6130","20722","4120"],`,
	`"wlan_tag_vendor_data":["03:00:00:00:00:00"],"wlan_tag_vendor_oui_type":["4"],"wlan_tag_oui":["20722"],`,
	`"wlan_tag_vendor_data":["01:02:03"],"wlan_tag_vendor_oui_type":["8","9"],"wlan_tag_oui":["4120","895"],`,
}

// others are subtypes of frames that are no probe requests: beacons, requests and
// clearances to send, acknowledgements, empty data.
var others = []int{8, 27, 28, 29, 29, 29, 36}

// Frames gives so many frames, without keys, a second apart on average. One in
// three is a probe request. Devices of each model probe for ten minutes, under an
// address that they change all the time, and then for ten minutes they do not.
func Frames(rows int) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		rnd, at := rand.New(rand.NewPCG(42, 0x77696669)), start
		for range rows {
			at = at.Add(time.Duration(rnd.Int64N(int64(2 * time.Second))))
			if !yield(nil, frame(rnd, at)) {
				return
			}
		}
	}
}

func frame(rnd *rand.Rand, at time.Time) []byte {
	subtype, model := others[rnd.IntN(len(others))], rnd.IntN(len(models))
	elements, source := "", "02:00:00:00:03:0"+strconv.Itoa(rnd.IntN(9))
	if awake := (at.Sub(start)/(10*time.Minute)+time.Duration(model))%2 == 0; awake && rnd.IntN(3) > 0 {
		subtype, elements = 4, models[model]
		source = fmt.Sprintf("da:a1:19:00:0%d:%02x", model, rnd.IntN(40))
	}
	return fmt.Appendf(nil, `{"timestamp":"%d","wlan_fc_type":["0"],"wlan_fc_type_subtype":["%d"],"wlan_radio_channel":["6"],`+
		`"wlan_radio_signal_dbm":["%d"],"wlan_da":["ff:ff:ff:ff:ff:ff"],%s"wlan_sa":["%s"]}`,
		at.UnixMilli(), subtype, -90+rnd.IntN(6)*8, elements, source)
}
